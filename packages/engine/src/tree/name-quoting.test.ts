import { describe, expect, test } from "vitest";
import { goJsonBytes, goJsonText } from "./go-json.ts";
import { quoteName, unquoteName } from "./name-quoting.ts";
import { isPrintable } from "./printable.ts";

/** Raw name bytes as latin1, and the bytes restic puts between the JSON quotes. @see restic-format section 8.3 */
const seenFromRestic: readonly (readonly [string, string])[] = [
  ['q"uote', 'q\\\\\\"uote'],
  ["back\\slash", "back\\\\\\\\slash"],
  ["nl\nx", "nl\\\\nx"],
  ["bell\x07\x08\x0b\x0c\x0d", "bell\\\\a\\\\b\\\\v\\\\f\\\\r"],
  ["del\x7fx", "del\\\\x7fx"],
  ["lt<gt>amp&", "lt\\u003cgt\\u003eamp\\u0026"],
  ["\xc2\xa0", "\\\\u00a0"],
  ["\xe2\x80\x8b", "\\\\u200b"],
  ["\xe2\x80\xa8", "\\\\u2028"],
  ["\xc2\xad", "\\\\u00ad"],
  ["\xee\x80\x80", "\\\\ue000"],
  ["\xf3\xa0\x80\x81", "\\\\U000e0001"],
  ["\xff\xfe\x80A\xed\xa0\x80\xc0\xaf", "\\\\xff\\\\xfe\\\\x80A\\\\xed\\\\xa0\\\\x80\\\\xc0\\\\xaf"],
  ["\xef\xbf\xbd", "\ufffd"],
  ["\xf0\x9f\x98\x80 \xc3\xbc \xe3\x81\x82", "😀 ü あ"],
];

describe("names in trees", () => {
  test.each(seenFromRestic)("%j is written as restic writes it, and read back", (latin1, json) => {
    const name = Buffer.from(latin1, "latin1");
    expect(goJsonText(quoteName(name))).toBe(`"${json}"`);
    expect(unquoteName(JSON.parse(goJsonText(quoteName(name))))).toEqual(name);
  });

  test("every single byte and every pair of bytes comes back whole", () => {
    for (let first = 0; first < 256; first += 1) {
      const single = Buffer.of(first);
      expect(unquoteName(quoteName(single))).toEqual(single);
      for (let second = 0; second < 256; second += 1) {
        const pair = Buffer.of(first, second);
        if (!unquoteName(quoteName(pair))?.equals(pair)) expect.fail(`bytes ${pair.toString("hex")}`);
      }
    }
  });

  test("octal escapes, which Go would read, are read", () => {
    expect(unquoteName("a\\101\\377")).toEqual(Buffer.from([0x61, 0x41, 0xff]));
  });

  test.each(['a"b', "a\nb", "a\\", "a\\x1", "a\\xg0", "a\\u12", "a\\ud800", "a\\U00110000", "a\\'", "a\\q", "a\\400"])(
    "%j is refused as no quoted name",
    (text) => expect(unquoteName(text)).toBeUndefined(),
  );
});

describe("the printable table", () => {
  test("holds the code points of Unicode 15.0.0 that are letters, marks, numbers, punctuation, symbols or the space", () => {
    let printable = 0;
    for (let codePoint = 0; codePoint <= 0x10ffff; codePoint += 1) if (isPrintable(codePoint)) printable += 1;
    // The 149,186 characters of Unicode 15.0, less 170 format characters, 2 separators and 16 spaces beside U+0020.
    expect(printable).toBe(148_998);
  });

  test.each([
    [0x20, true],
    [0x1f, false],
    [0x7f, false],
    [0xa0, false],
    [0xad, false],
    [0x378, false], // unassigned in every version so far
    [0x61d, true], // assigned in 14.0
    [0x1fadc, false], // assigned in 16.0
    [0x1fae8, true], // assigned in 15.0
    [0x2ebf0, false], // assigned in 15.1
    [0x1c89, false], // assigned in 16.0
    [0xd800, false],
    [0xfffd, true],
    [0x31350, true], // assigned in 15.0
    [0x10ffff, false],
  ])("code point %i: %s", (codePoint, expected) => expect(isPrintable(codePoint)).toBe(expected));
});

test("JSON strings of bytes have one escape for each byte that is not UTF-8, and keep a genuine U+FFFD", () => {
  expect(goJsonBytes(Buffer.from("a\xff\xc3\xef\xbf\xbd<", "latin1"))).toBe('"a\\ufffd\\ufffd\ufffd\\u003c"');
});

test("JSON strings escape what Go escapes and nothing else", () => {
  expect(goJsonText('\b\f\n\r\t\x01"\\/<>&\u2028\u2029\x7fä😀')).toBe(
    '"\\b\\f\\n\\r\\t\\u0001\\"\\\\/\\u003c\\u003e\\u0026\\u2028\\u2029\x7fä😀"',
  );
});
