import { expect, test } from "vitest";
import { decodeText, meaningfulLines } from "./text-file.ts";

test("a file saved by any editor reads the same: byte order marks are no part of the text", () => {
  const utf16le = Buffer.from("\ufeffgéheim\r\n", "utf16le");
  const utf16be = Buffer.from(utf16le).swap16();
  const utf8 = Buffer.from("\ufeffgéheim\r\n");
  expect([utf16le, utf16be, utf8].map((bytes) => decodeText(bytes).trim())).toEqual(["géheim", "géheim", "géheim"]);
});

test("lists leave out comments, empty lines and surrounding white space", () => {
  expect(meaningfulLines("# a list\n\n  /home \r\n/etc\n#/srv\n")).toEqual(["/home", "/etc"]);
});
