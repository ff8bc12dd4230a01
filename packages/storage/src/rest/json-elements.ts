import { concatBytes } from "@holdfast/base";

const quote = 0x22;
const comma = 0x2c;
const backslash = 0x5c;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const blanks = new Set([0x20, 0x09, 0x0a, 0x0d]);

/** Longer than any entry of a listing; the bytes come from a server that may be anything. */
const elementBytesMax = 64 * 1024;

/**
 * The elements of one JSON array, each as soon as its last byte has come, so that a listing of a million files
 * needs no more memory than one of ten.
 *
 * @throws SyntaxError where it is not one whole JSON array of elements of at most 64 KiB
 */
export async function* jsonElements(pieces: AsyncIterable<Uint8Array>): AsyncGenerator {
  let depth = 0;
  let isInText = false;
  let isEscaped = false;
  let isOver = false;
  let earlier: Uint8Array[] = [];
  let earlierBytes = 0;
  let elements = 0;

  for await (const piece of pieces) {
    let start = 0;
    for (let at = 0; at < piece.byteLength; at += 1) {
      const byte = piece[at]!;
      if (isInText) {
        if (isEscaped) isEscaped = false;
        else if (byte === backslash) isEscaped = true;
        else if (byte === quote) isInText = false;
        continue;
      }
      if (depth === 0) {
        if (blanks.has(byte)) continue;
        if (byte !== openBracket || isOver) throw new SyntaxError("this is not one JSON array");
        depth = 1;
        start = at + 1;
      } else if (byte === quote) {
        isInText = true;
      } else if (byte === openBracket || byte === openBrace) {
        depth += 1;
      } else if (depth > 1) {
        if (byte === closeBracket || byte === closeBrace) depth -= 1;
      } else if (byte === comma || byte === closeBracket) {
        const text = textOf([...earlier, piece.subarray(start, at)]);
        earlier = [];
        earlierBytes = 0;
        start = at + 1;
        if (byte === closeBracket) {
          depth = 0;
          isOver = true;
          if (elements === 0 && text.trim() === "") continue;
        }
        elements += 1;
        yield JSON.parse(text);
      }
    }
    if (depth === 0) continue;
    earlier.push(piece.slice(start));
    earlierBytes += piece.byteLength - start;
    if (earlierBytes > elementBytesMax) throw new SyntaxError("an element of the JSON array is too long");
  }
  if (!isOver) throw new SyntaxError("the JSON array does not end");
}

const decoder = new TextDecoder("utf-8", { fatal: true });

function textOf(pieces: readonly Uint8Array[]): string {
  try {
    return decoder.decode(concatBytes(pieces));
  } catch {
    throw new SyntaxError("the JSON array is not UTF-8");
  }
}
