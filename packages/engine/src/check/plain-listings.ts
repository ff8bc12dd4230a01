import { isUtf8 } from "node:buffer";
import type { SharedBlobSet } from "../tables/shared-blob-set.ts";
import type { SharedIdSet } from "../tables/shared-id-set.ts";
import { nodeTypes, type NodeType } from "../tree/node.ts";
import { parseTimestamp } from "../tree/timestamp.ts";

/** The pieces of a listing, in the order they stand in. */
const text = Object.freeze({
  begin: bytesOf('{"nodes":['),
  name: bytesOf('{"name":"'),
  type: bytesOf('","type":"'),
  mode: bytesOf(',"mode":'),
  mtime: bytesOf(',"mtime":"'),
  atime: bytesOf('","atime":"'),
  ctime: bytesOf('","ctime":"'),
  uid: bytesOf('","uid":'),
  gid: bytesOf(',"gid":'),
  user: bytesOf(',"user":"'),
  group: bytesOf(',"group":"'),
  numbers: ["inode", "device_id", "size", "links"].map((key) => bytesOf(`,"${key}":`)),
  linkTarget: bytesOf(',"linktarget":"'),
  device: bytesOf(',"device":'),
  noContent: bytesOf(',"content":null'),
  content: bytesOf(',"content":['),
  subtree: bytesOf(',"subtree":"'),
  end: bytesOf("]}\n"),
});
const types = nodeTypes.map((type) => ({ type, word: bytesOf(`${type}"`) }));

const [quote, comma, slash, dot, backslash] = [0x22, 0x2c, 0x2f, 0x2e, 0x5c];
const [closeBracket, closeBrace] = [0x5d, 0x7d];
const [zero, plus, minus, colon, letterT, letterZ] = [0x30, 0x2b, 0x2d, 0x3a, 0x54, 0x5a];
const u32Max = 0xffff_ffff;
/** An integer of so many digits fits into 64 bits, whatever they are. */
const u64DigitsMax = 19;
const daysInEveryMonth = 28;

/**
 * Recognises directory listings as restic and we write nearly all of them: every key in its place, no escapes, no
 * extended attributes. Such a listing is found to be sound without building its entries, which takes most of the time;
 * of any other nothing is said. Whatever is accepted here, `treeNodes` has no problem with: the test holds it to that.
 */
export class PlainListings {
  readonly #blobs: SharedBlobSet["ids"];
  readonly #id = new Uint8Array(32);
  #bytes: Uint8Array = new Uint8Array(0);
  #at = 0;
  /** Where the latest sound time begins and ends: most stand several times in a row. */
  #time = 0;
  #timeEnd = 0;
  /** The name of the node before. */
  #name = 0;
  #nameEnd = 0;
  #subtrees: number[] = [];

  constructor(blobs: SharedBlobSet) {
    this.#blobs = blobs.ids;
  }

  /**
   * The numbers of the subtrees that a listing names.
   * @returns undefined when the listing is not plain, or names something that the index does not know
   */
  subtreesOf(listing: Uint8Array): number[] | undefined {
    this.#bytes = listing;
    this.#at = this.#time = this.#timeEnd = this.#name = this.#nameEnd = 0;
    this.#subtrees = [];
    if (!this.#accept(text.begin)) return undefined;
    if (listing[this.#at] !== closeBracket) {
      do if (!this.#node()) return undefined;
      while (this.#acceptByte(comma));
    }
    return this.#accept(text.end) && this.#at === listing.byteLength ? this.#subtrees : undefined;
  }

  #node(): boolean {
    if (!this.#accept(text.name) || !this.#newName() || !this.#accept(text.type)) return false;
    const type = this.#type();
    if (type === undefined) return false;
    if (this.#accept(text.mode) && !this.#number(u32Max)) return false;
    if (!this.#accept(text.mtime) || !this.#timestamp()) return false;
    if (!this.#accept(text.atime) || !this.#timestamp()) return false;
    if (!this.#accept(text.ctime) || !this.#timestamp()) return false;
    if (!this.#accept(text.uid) || !this.#number(u32Max)) return false;
    if (!this.#accept(text.gid) || !this.#number(u32Max)) return false;
    if (this.#accept(text.user) && !(this.#string() && this.#acceptByte(quote))) return false;
    if (this.#accept(text.group) && !(this.#string() && this.#acceptByte(quote))) return false;
    for (const key of text.numbers) if (this.#accept(key) && !this.#number(Infinity)) return false;
    if (this.#accept(text.linkTarget) && !(this.#string() && this.#acceptByte(quote))) return false;
    if (this.#accept(text.device) && !this.#number(Infinity)) return false;
    if (this.#accept(text.noContent)) {
      if (type === "file") return false;
    } else if (!this.#accept(text.content) || !this.#content()) return false;
    if (this.#accept(text.subtree)) {
      const subtree = this.#numberOfId(this.#blobs.tree);
      if (subtree < 0) return false;
      this.#subtrees.push(subtree);
    } else if (type === "dir") return false;
    return this.#acceptByte(closeBrace);
  }

  #type(): NodeType | undefined {
    for (const { type, word } of types) if (this.#accept(word)) return type;
    return undefined;
  }

  /** A name that may stand in a directory and comes after the one before. */
  #newName(): boolean {
    const bytes = this.#bytes;
    const begin = this.#at;
    const before = this.#name;
    const beforeEnd = this.#nameEnd;
    if (!this.#string()) return false;
    const end = this.#at;
    let isAscii = true;
    for (let at = begin; at < end; at += 1) {
      if (bytes[at] === slash) return false;
      if (bytes[at]! >= 0x80) isAscii = false;
    }
    if (end === begin || (!isAscii && !isUtf8(bytes.subarray(begin, end)))) return false;
    if (bytes[begin] === dot && (end === begin + 1 || (end === begin + 2 && bytes[begin + 1] === dot))) return false;
    this.#name = begin;
    this.#nameEnd = end;
    let same = 0;
    while (before + same < beforeEnd && begin + same < end && bytes[before + same] === bytes[begin + same]) same += 1;
    if (before + same === beforeEnd) return begin + same < end;
    return begin + same < end && bytes[before + same]! < bytes[begin + same]!;
  }

  /** Up to the quote that ends a string without escapes. */
  #string(): boolean {
    const bytes = this.#bytes;
    for (let at = this.#at; at < bytes.length; at += 1) {
      const byte = bytes[at]!;
      if (byte === quote) {
        this.#at = at;
        return true;
      }
      if (byte < 0x20 || byte === backslash) return false;
    }
    return false;
  }

  /** An unsigned integer, written without leading zeros. */
  #number(max: number): boolean {
    const bytes = this.#bytes;
    const begin = this.#at;
    let value = 0;
    let at = begin;
    for (; isDigit(bytes[at]!); at += 1) value = value * 10 + (bytes[at]! - zero);
    this.#at = at;
    const isCanonical = at === begin + 1 || (at > begin && bytes[begin] !== zero);
    return isCanonical && at - begin <= u64DigitsMax && value <= max;
  }

  /** An RFC 3339 time, up to the quote behind it. */
  #timestamp(): boolean {
    const bytes = this.#bytes;
    const begin = this.#at;
    if (!this.#string()) return false;
    const length = this.#at - begin;
    if (length > 0 && length === this.#timeEnd - this.#time && this.#isSame(this.#time, begin, length)) return true;
    if (!this.#isUsualTime(begin, this.#at)) {
      if (parseTimestamp(Buffer.from(bytes.subarray(begin, this.#at)).toString("latin1")) === undefined) return false;
    }
    this.#time = begin;
    this.#timeEnd = this.#at;
    return true;
  }

  #isSame(left: number, right: number, length: number): boolean {
    const bytes = this.#bytes;
    for (let at = 0; at < length; at += 1) if (bytes[left + at] !== bytes[right + at]) return false;
    return true;
  }

  /** Whether it is a time for sure: of others the calendar must be asked. */
  #isUsualTime(begin: number, end: number): boolean {
    const bytes = this.#bytes;
    if (this.#twoDigits(begin) < 0 || this.#twoDigits(begin + 2) < 0 || bytes[begin + 4] !== minus) return false;
    if (!this.#isBetween(1, begin + 5, 12) || !this.#isBetween(1, begin + 8, daysInEveryMonth)) return false;
    if (!this.#isBetween(0, begin + 11, 23)) return false;
    if (!this.#isBetween(0, begin + 14, 59) || !this.#isBetween(0, begin + 17, 59)) return false;
    if (bytes[begin + 7] !== minus || bytes[begin + 10] !== letterT) return false;
    if (bytes[begin + 13] !== colon || bytes[begin + 16] !== colon) return false;
    let at = begin + 19;
    if (bytes[at] === dot) {
      const fraction = at + 1;
      for (at = fraction; isDigit(bytes[at]!);) at += 1;
      if (at === fraction || at > fraction + 9) return false;
    }
    if (bytes[at] === letterZ) return at + 1 === end;
    if (bytes[at] !== plus && bytes[at] !== minus) return false;
    return this.#twoDigits(at + 1) >= 0 && bytes[at + 3] === colon && this.#twoDigits(at + 4) >= 0 && at + 6 === end;
  }

  /** Whether the two digits at a place are a number from `min` to `max`. */
  #isBetween(min: number, at: number, max: number): boolean {
    const value = this.#twoDigits(at);
    return value >= min && value <= max;
  }

  /** The number that two digits are, or -1. */
  #twoDigits(at: number): number {
    const tens = this.#bytes[at]!;
    const ones = this.#bytes[at + 1]!;
    return isDigit(tens) && isDigit(ones) ? (tens - zero) * 10 + (ones - zero) : -1;
  }

  /** The chunks of a file, up to behind the bracket. */
  #content(): boolean {
    if (this.#acceptByte(closeBracket)) return true;
    do if (!this.#acceptByte(quote) || this.#numberOfId(this.#blobs.data) < 0) return false;
    while (this.#acceptByte(comma));
    return this.#acceptByte(closeBracket);
  }

  /** The number of the id here, up to behind its quote; -1 when it is none, or unknown. */
  #numberOfId(ids: SharedIdSet): number {
    const bytes = this.#bytes;
    let wrong = 0;
    for (let index = 0; index < 32; index += 1) {
      const high = hexValues[bytes[this.#at + 2 * index] ?? 0]!;
      const low = hexValues[bytes[this.#at + 2 * index + 1] ?? 0]!;
      this.#id[index] = (high << 4) | low;
      wrong |= high | low;
    }
    this.#at += 64;
    return wrong < notHex && this.#acceptByte(quote) ? ids.findBytes(this.#id) : -1;
  }

  #accept(piece: Uint8Array): boolean {
    const bytes = this.#bytes;
    const begin = this.#at;
    for (let at = 0; at < piece.length; at += 1) if (bytes[begin + at] !== piece[at]) return false;
    this.#at += piece.length;
    return true;
  }

  #acceptByte(byte: number): boolean {
    if (this.#bytes[this.#at] !== byte) return false;
    this.#at += 1;
    return true;
  }
}

const notHex = 16;
/** By character code; `notHex` for all but lower-case hex digits. */
const hexValues = Uint8Array.from({ length: 256 }, (_, code) => {
  const value = "0123456789abcdef".indexOf(String.fromCharCode(code));
  return value < 0 ? notHex : value;
});

function isDigit(byte: number): boolean {
  return byte >= zero && byte <= zero + 9;
}

function bytesOf(ascii: string): Uint8Array {
  return Buffer.from(ascii, "latin1");
}
