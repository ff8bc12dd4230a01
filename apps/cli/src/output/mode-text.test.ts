import { expect, test } from "vitest";
import { modeText } from "./mode-text.ts";

test.each([
  [0o644, "-rw-r--r--"],
  [2147483648 + 0o755, "drwxr-xr-x"],
  [2148532735, "dtrwxrwxrwx"],
  [8389101, "urwxr-xr-x"],
  [134218239, "Lrwxrwxrwx"],
  [69206436, "Dcrw-r--r--"],
  [67109284, "Drw-r--r--"],
  [33554852, "prw-r--r--"],
])("mode %i is %s", (mode, text) => {
  expect(modeText(mode)).toBe(text);
});
