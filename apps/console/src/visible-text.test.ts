import { expect, test } from "vitest";
import { visiblePieces, visibleText } from "./visible-text.ts";

test("what would reorder, hide or break a line is spelt out", () => {
  expect(visibleText("invoice\u202Efdp.exe")).toBe("invoice\\u{202e}fdp.exe");
  expect(visibleText("a\u200Bb\uFEFFc\u2066d")).toBe("a\\u{200b}b\\u{feff}c\\u{2066}d");
  expect(visibleText("one\ntwo\r\u001b[31mred\u0007\0")).toBe("one\\ntwo\\r\\x1b[31mred\\x07\\0");
  expect(visibleText("no\u00A0break \u3000wide")).toBe("no\\xa0break \\u{3000}wide");
});

test("half a surrogate pair, tags and unassigned code points are spelt out", () => {
  expect(visibleText("\uD800x")).toBe("\\u{d800}x");
  expect(visibleText("\u{E0041}")).toBe("\\u{e0041}");
  expect(visibleText("\u{10FFFF}")).toBe("\\u{10ffff}");
});

test("names in any script, with spaces and markup, stay as they are", () => {
  for (const name of ["Überweisung März.xlsx", "日本語", "שלום.txt", "<script>alert(1)</script>", "👍", ""])
    expect(visibleText(name)).toBe(name);
});

test("pieces keep their order and say which are spelt", () => {
  expect(visiblePieces("a\u202Eb")).toEqual([
    { text: "a", spelt: false },
    { text: "\\u{202e}", spelt: true },
    { text: "b", spelt: false },
  ]);
});
