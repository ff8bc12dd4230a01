import { isPrintable } from "./printable.ts";
import { codePointAt, utf8Length } from "./utf8.ts";

const plainName = /^[ !#-[\]-~]*$/;

const shortEscapes = new Map([
  [0x07, "\\a"],
  [0x08, "\\b"],
  [0x0c, "\\f"],
  [0x0a, "\\n"],
  [0x0d, "\\r"],
  [0x09, "\\t"],
  [0x0b, "\\v"],
  [0x22, '\\"'],
  [0x5c, "\\\\"],
]);

const hexDigits = /^[0-9a-fA-F]+$/;
const octalDigits = /^[0-3][0-7]{2}$/;

/**
 * The text that stands for a file name inside a tree, before JSON: any bytes become Unicode text and come back whole.
 * Names are bytes on Unix, so this is Go's strconv.Quote without its outer quotes.
 */
export function quoteName(name: Uint8Array): string {
  const bytes = Buffer.from(name.buffer, name.byteOffset, name.byteLength);
  const latin1 = bytes.toString("latin1");
  if (plainName.test(latin1)) return latin1;
  let text = "";
  for (let at = 0; at < bytes.length;) {
    const codePoint = codePointAt(bytes, at);
    text += codePoint < 0 ? `\\x${hex(bytes[at]!, 2)}` : quoteCodePoint(codePoint);
    at += utf8Length(codePoint);
  }
  return text;
}

function quoteCodePoint(codePoint: number): string {
  const short = shortEscapes.get(codePoint);
  if (short !== undefined) return short;
  if (isPrintable(codePoint)) return String.fromCodePoint(codePoint);
  if (codePoint < 0x20 || codePoint === 0x7f) return `\\x${hex(codePoint, 2)}`;
  return codePoint < 0x10000 ? `\\u${hex(codePoint, 4)}` : `\\U${hex(codePoint, 8)}`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, "0");
}

/** The bytes that `text` stands for, or undefined where it is not a quoted name. @see Go strconv.Unquote */
export function unquoteName(text: string): Buffer | undefined {
  if (!text.includes("\\")) return /["\n]/.test(text) ? undefined : Buffer.from(text);
  const pieces: Buffer[] = [];
  for (let at = 0; at < text.length;) {
    const backslash = text.indexOf("\\", at);
    const plain = text.slice(at, backslash < 0 ? text.length : backslash);
    if (/["\n]/.test(plain)) return undefined;
    pieces.push(Buffer.from(plain));
    if (backslash < 0) break;
    const escape = unescape(text, backslash);
    if (escape === undefined) return undefined;
    pieces.push(escape.bytes);
    at = escape.end;
  }
  return Buffer.concat(pieces);
}

const shortUnescapes = new Map([...shortEscapes].map(([byte, escape]) => [escape[1], byte]));

/** The bytes of the escape that begins at `at`, and where it ends. */
function unescape(text: string, at: number): { bytes: Buffer; end: number } | undefined {
  const letter = text[at + 1];
  const short = shortUnescapes.get(letter);
  if (short !== undefined) return { bytes: Buffer.of(short), end: at + 2 };
  if (letter === "x" || letter === "u" || letter === "U") {
    const digits = { x: 2, u: 4, U: 8 }[letter];
    const written = text.slice(at + 2, at + 2 + digits);
    if (written.length !== digits || !hexDigits.test(written)) return undefined;
    const value = Number.parseInt(written, 16);
    const end = at + 2 + digits;
    if (letter === "x") return { bytes: Buffer.of(value), end };
    if (value > 0x10ffff || (value >= 0xd800 && value <= 0xdfff)) return undefined;
    return { bytes: Buffer.from(String.fromCodePoint(value)), end };
  }
  const octal = text.slice(at + 1, at + 4);
  return octalDigits.test(octal) ? { bytes: Buffer.of(Number.parseInt(octal, 8)), end: at + 4 } : undefined;
}

/**
 * A path for people: the names' bytes with "/" between them, whatever no terminal or browser should be fed escaped.
 * The same path always gives the same text, and different paths different texts.
 */
export function displayPath(names: readonly Uint8Array[]): string {
  return `/${names.map((name) => quoteName(name).replaceAll('\\"', '"')).join("/")}`;
}

/** The names of a path as `displayPath` writes it; slashes at the ends do not matter. Undefined where it is none. */
export function parseDisplayPath(text: string): Buffer[] | undefined {
  const components = text.split("/").filter((component) => component !== "");
  const names = components.map((component) => unquoteName(component.replaceAll('"', '\\"')));
  return names.includes(undefined) ? undefined : (names as Buffer[]);
}
