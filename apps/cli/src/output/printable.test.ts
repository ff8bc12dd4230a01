import { expect, test } from "vitest";
import { printable } from "./printable.ts";

test("a file name cannot move the cursor, forge a line, or turn the text around", () => {
  expect(printable("a\x1b[2Jb\nc\td\x7f\u202Egnp.exe\u2028")).toBe("a\\x1b[2Jb\\nc\\td\\x7f\\u{202e}gnp.exe\\u{2028}");
});

test("ordinary names of any language stay as they are", () => {
  const names = ["café", "日本語", "naïve file (1).txt", "🎉", "العربية"];
  expect(names.map(printable)).toEqual(names);
});
