import { isUtf8 } from "node:buffer";
import { codePointAt, utf8Length } from "./utf8.ts";

const plainText = /^[ !#-%'-;=?-[\]-\x7f\u0080-\u2027\u202a-\ud7ff\ue000-\uffff]*$/;
const escaped = /["\\<>&\u2028\u2029\x00-\x1f]/g;

const shortEscapes: Readonly<Record<string, string>> = {
  '"': '\\"',
  "\\": "\\\\",
  "\b": "\\b",
  "\f": "\\f",
  "\n": "\\n",
  "\r": "\\r",
  "\t": "\\t",
};

/**
 * A JSON string, quotes included, with the escapes of Go's encoder: also `<`, `>`, `&`, U+2028 and U+2029.
 * `\b` and `\f` are short as since Go 1.22; before, they were `\u0008` and `\u000c`.
 * @see Go encoding/json appendString with escapeHTML
 */
export function goJsonText(text: string): string {
  if (plainText.test(text)) return `"${text}"`;
  return `"${text.replace(escaped, escapeOf)}"`;
}

function escapeOf(character: string): string {
  return shortEscapes[character] ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}

/** As `goJsonText` for bytes that are UTF-8 by custom only: each byte that is not becomes the six characters `\ufffd`. */
export function goJsonBytes(bytes: Uint8Array): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (isUtf8(buffer)) return goJsonText(buffer.toString());
  let json = '"';
  for (let at = 0; at < buffer.length;) {
    const codePoint = codePointAt(buffer, at);
    json += codePoint < 0 ? "\\ufffd" : String.fromCodePoint(codePoint).replace(escaped, escapeOf);
    at += utf8Length(codePoint);
  }
  return `${json}"`;
}
