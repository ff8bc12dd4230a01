import { isUtf8 } from "node:buffer";
import { codePointAt, utf8Length } from "../tree/utf8.ts";

/**
 * A name as text that patterns can be matched with: UTF-8 where it is, and each byte that is not as a lone surrogate of
 * its own, so that no pattern takes it for something else.
 * @param latin1 the bytes, each as one character
 */
export function decodeName(latin1: string): string {
  if (!/[^\x00-\x7f]/.test(latin1)) return latin1;
  const bytes = Buffer.from(latin1, "latin1");
  if (isUtf8(bytes)) return bytes.toString();
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const codePoint = codePointAt(bytes, at);
    text += codePoint < 0 ? String.fromCharCode(0xdc00 + bytes[at]!) : String.fromCodePoint(codePoint);
    at += utf8Length(codePoint);
  }
  return text;
}
