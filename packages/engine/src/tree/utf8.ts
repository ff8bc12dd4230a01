/**
 * The code point that starts at `at`, or -1 where the bytes there are not UTF-8 as Go reads it: encoded surrogates,
 * overlong forms and cut-off sequences are invalid from their first byte, and that byte alone is skipped.
 * @see Go unicode/utf8 DecodeRune
 */
export function codePointAt(bytes: Uint8Array, at: number): number {
  const lead = bytes[at]!;
  if (lead < 0x80) return lead;
  if (lead < 0xc2 || lead > 0xf4) return -1;
  const second = continuation(bytes, at + 1);
  if (second < 0) return -1;
  if (lead < 0xe0) return ((lead & 0x1f) << 6) | second;
  const third = continuation(bytes, at + 2);
  if (third < 0) return -1;
  if (lead < 0xf0) {
    const codePoint = ((lead & 0x0f) << 12) | (second << 6) | third;
    return codePoint < 0x800 || (codePoint >= 0xd800 && codePoint <= 0xdfff) ? -1 : codePoint;
  }
  const fourth = continuation(bytes, at + 3);
  if (fourth < 0) return -1;
  const codePoint = ((lead & 0x07) << 18) | (second << 12) | (third << 6) | fourth;
  return codePoint < 0x10000 || codePoint > 0x10ffff ? -1 : codePoint;
}

/** The six bits a continuation byte carries, or -1. */
function continuation(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  return byte !== undefined && (byte & 0xc0) === 0x80 ? byte & 0x3f : -1;
}

/** How many bytes UTF-8 takes for a code point; 1 for -1, the byte to be skipped. */
export function utf8Length(codePoint: number): number {
  if (codePoint < 0x80) return 1;
  if (codePoint < 0x800) return 2;
  return codePoint < 0x10000 ? 3 : 4;
}
