/** Thrown where bytes are not the JSON they should be; caught inside this folder and turned into a finding. */
export class JsonFault extends Error {}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;
const depthMax = 32;
const recentTexts = 64;
const recentLengthMax = 24;

const notHex = 16;
/** The value of each lower-case hex digit by its byte; `notHex` for every other byte. */
const hexValues = Uint8Array.from({ length: 256 }, (_, byte) => {
  const value = "0123456789abcdef".indexOf(String.fromCharCode(byte));
  return value < 0 ? notHex : value;
});

/**
 * Reads JSON from bytes, one value after the other, without building objects for it. Two reasons against JSON.parse: trees
 * hold integers of 64 bits, and a directory's listing can be larger than a string may be.
 */
export class JsonScanner {
  readonly #bytes: Buffer;
  readonly #end: number;
  readonly #recent: (string | undefined)[] = new Array<string | undefined>(recentTexts).fill(undefined);
  /** Where the next value is looked for. May be set back to a place read before. */
  at: number;

  constructor(bytes: Buffer, start = 0) {
    this.#bytes = bytes;
    this.#end = bytes.length;
    this.at = start;
  }

  /** Calls `onKey` for each key of the object here; it must read or skip the value. */
  object(onKey: (key: string) => void): void {
    this.#expect(openBrace);
    if (this.#accept(closeBrace)) return;
    do {
      const key = this.string();
      this.#expect(colon);
      onKey(key);
    } while (this.#accept(comma));
    this.#expect(closeBrace);
  }

  /** Calls `onItem` before each item of the array here; it must read or skip the item. Null counts as no array. */
  array(onItem: () => void): "array" | "null" {
    if (this.acceptNull()) return "null";
    for (const _ of this.items()) onItem();
    return "array";
  }

  /** Yields before each item of the array here; the caller reads or skips it before it asks for the next. */
  *items(): Generator<void> {
    this.#expect(openBracket);
    if (this.#accept(closeBracket)) return;
    do yield;
    while (this.#accept(comma));
    this.#expect(closeBracket);
  }

  /** The text of the string here. What is not UTF-8 or a lone surrogate becomes U+FFFD, as in Go. */
  string(): string {
    this.#expect(quote);
    const start = this.at;
    const { end, isPlain } = this.#stringEnd();
    this.at = end + 1;
    if (isPlain) return this.#plainText(start, end);
    try {
      return (JSON.parse(this.#bytes.toString("utf8", start - 1, end + 1)) as string).toWellFormed();
    } catch {
      throw new JsonFault(`a malformed string at byte ${start - 1}`);
    }
  }

  /** The unsigned integer here, at most `max`. */
  unsigned(max: bigint): bigint {
    const start = this.#skipSpace();
    let end = start;
    while (isDigit(this.#bytes[end])) end += 1;
    const next = this.#bytes[end];
    const isInteger = end > start && next !== 0x2e && next !== 0x65 && next !== 0x45;
    const isCanonical = end - start === 1 || this.#bytes[start] !== 0x30;
    if (!isInteger || !isCanonical || end - start > 20) throw new JsonFault(`no unsigned integer at byte ${start}`);
    this.at = end;
    const value = BigInt(this.#bytes.toString("latin1", start, end));
    if (value > max) throw new JsonFault(`an integer that is too large at byte ${start}`);
    return value;
  }

  /** The integer from 0 to 2^53 - 1 here. Index files hold millions of them, too many for a BigInt each. */
  wholeNumber(): number {
    const start = this.#skipSpace();
    let value = 0;
    while (isDigit(this.#bytes[this.at])) {
      value = value * 10 + (this.#bytes[this.at]! - 0x30);
      this.at += 1;
    }
    const next = this.#bytes[this.at];
    const isInteger = this.at > start && next !== 0x2e && next !== 0x65 && next !== 0x45;
    if (!isInteger || !Number.isSafeInteger(value)) throw new JsonFault(`no whole number at byte ${start}`);
    return value;
  }

  /** Fills `into` from the string of lower-case hex digits here, without making a text of it. */
  hexInto(into: Uint8Array): void {
    this.#expect(quote);
    let wrong = 0;
    for (let index = 0; index < into.byteLength; index += 1) {
      const high = hexValues[this.#bytes[this.at + 2 * index] ?? 0]!;
      const low = hexValues[this.#bytes[this.at + 2 * index + 1] ?? 0]!;
      into[index] = (high << 4) | low;
      wrong |= high | low;
    }
    if (wrong >= notHex) throw new JsonFault(`not all hex digits at byte ${this.at}`);
    this.at += 2 * into.byteLength;
    if (this.#bytes[this.at] !== quote) throw new JsonFault(`too many hex digits at byte ${this.at}`);
    this.at += 1;
  }

  /** Skips the value here, whatever it is, and returns where it begins and ends. */
  skip(depth = 0): { start: number; end: number } {
    if (depth > depthMax) throw new JsonFault("values nested too deeply");
    const start = this.#skipSpace();
    const byte = this.#bytes[start];
    if (byte === quote) {
      this.at = start + 1;
      this.at = this.#stringEnd().end + 1;
    } else if (byte === openBrace) {
      this.object(() => this.skip(depth + 1));
    } else if (byte === openBracket) {
      this.array(() => this.skip(depth + 1));
    } else {
      while (isDigit(this.#bytes[this.at])) this.at += 1;
      const isPlainNumber = this.at > start && (byte !== 0x30 || this.at === start + 1);
      // Most scalars are such numbers, and a text made for each would be most of the work.
      if (isPlainNumber && (this.at >= this.#end || !isScalar(this.#bytes[this.at]!))) return { start, end: this.at };
      while (this.at < this.#end && isScalar(this.#bytes[this.at]!)) this.at += 1;
      const text = this.#bytes.toString("latin1", start, Math.min(this.at, start + 400));
      if (!/^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(text)) {
        throw new JsonFault(`no value at byte ${start}`);
      }
    }
    return { start, end: this.at };
  }

  /** The text between two places that `skip` returned. */
  text(place: { start: number; end: number }): string {
    return this.#bytes.toString("utf8", place.start, place.end);
  }

  /** Takes `null` if it is here. */
  acceptNull(): boolean {
    const at = this.#skipSpace();
    if (this.#bytes[at] !== 0x6e) return false;
    if (at + 4 > this.#end || this.#bytes.toString("latin1", at, at + 4) !== "null") return false;
    this.at = at + 4;
    return true;
  }

  /** @throws JsonFault unless only white space follows */
  expectEnd(): void {
    if (this.#skipSpace() < this.#end) throw new JsonFault(`something after the end, at byte ${this.at}`);
  }

  #stringEnd(): { end: number; isPlain: boolean } {
    const bytes = this.#bytes;
    let isPlain = true;
    for (let at = this.at; at < this.#end; at += 1) {
      const byte = bytes[at]!;
      if (byte === quote) return { end: at, isPlain };
      if (byte === backslash) {
        isPlain = false;
        at += 1;
      } else if (byte >= 0x80) isPlain = false;
      else if (byte < 0x20) break;
    }
    throw new JsonFault(`a string without end at byte ${this.at - 1}`);
  }

  /** Keys and type names come again and again: the text made last time costs less than a new one. */
  #plainText(start: number, end: number): string {
    const bytes = this.#bytes;
    const length = end - start;
    if (length === 0 || length > recentLengthMax) return bytes.toString("latin1", start, end);
    const slot = (length * 7 + bytes[start]! * 5 + bytes[end - 1]!) % recentTexts;
    const recent = this.#recent[slot];
    if (recent !== undefined && isTextAt(bytes, start, recent, length)) return recent;
    return (this.#recent[slot] = bytes.toString("latin1", start, end));
  }

  #skipSpace(): number {
    while (this.at < this.#end && isSpace(this.#bytes[this.at]!)) this.at += 1;
    return this.at;
  }

  #accept(byte: number): boolean {
    if (this.#skipSpace() >= this.#end || this.#bytes[this.at] !== byte) return false;
    this.at += 1;
    return true;
  }

  #expect(byte: number): void {
    if (!this.#accept(byte)) throw new JsonFault(`no "${String.fromCharCode(byte)}" at byte ${this.at}`);
  }
}

function isTextAt(bytes: Buffer, start: number, text: string, length: number): boolean {
  if (text.length !== length) return false;
  for (let index = 0; index < length; index += 1) if (bytes[start + index] !== text.charCodeAt(index)) return false;
  return true;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function isScalar(byte: number): boolean {
  return (
    isDigit(byte) || (byte >= 0x61 && byte <= 0x7a) || byte === 0x2d || byte === 0x2b || byte === 0x2e || byte === 0x45
  );
}
