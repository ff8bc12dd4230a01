import { idFromBytes, type Id } from "../id.ts";
import { forgedIds, stepsMax } from "./forged-ids.ts";
import { SharedWords } from "./shared-words.ts";

const idBytes = 32;
const idWords = idBytes / 4;
/** A row is an id and the reference to what follows it. */
const rowWords = idWords + 1;
const rowsMax = 2 ** 27;
/** These are in the list from the beginning: a thread that halts while it puts one in makes others walk further. */
const bucketsAtFirstLog2 = 10;
const bucketsAtFirst = 1 << bucketsAtFirstLog2;
/** Rows a bucket before their number doubles. */
const loadMax = 2;

// References, in 32 bits: 0 for none yet, row + 1, or a bucket with the sign bit set.
const listEnd = 0x3fff_ffff;
const bucketMark = 0x8000_0000 | 0;
/** On a bucket's own reference while the bucket is not in the list yet: nobody may start there. */
const unlinkedMark = 0x4000_0000;

// The shared counters, each on a cache line of its own.
const rowCount = 0;
const bucketMask = 16;
const counterWords = 32;

/** What another thread needs to work on the same set. Can be sent with `postMessage`. */
export interface SharedIdSetHandle {
  readonly counters: SharedArrayBuffer;
  readonly rows: SharedArrayBuffer;
  readonly buckets: SharedArrayBuffer;
}

/** What an image of a set holds. */
export interface SharedIdSetShape {
  readonly rows: number;
  readonly buckets: number;
}

/**
 * A set of 32-byte ids that any number of threads read and add to at once, without locks, waiting or messages. Ids are
 * numbered as they come; the whole id is compared on every hit. It takes 38 to 40 bytes an id.
 *
 * It is a split-ordered list: all ids stand in one linked list, ordered by their first word, and buckets are short cuts
 * into it. Doubling the buckets divides each in two where it stands, so nothing is ever moved or copied while it grows,
 * and a thread that has not heard of the growth yet only walks a little further. Nothing is ever taken out, which is
 * what makes one compare-and-swap an insertion enough.
 *
 * @see Shalev and Shavit, "Split-Ordered Lists: Lock-Free Extensible Hash Tables", JACM 53(3), 2006
 */
export class SharedIdSet {
  readonly #counters: Int32Array;
  readonly #rows: SharedWords;
  readonly #buckets: SharedWords;
  readonly #wanted = new Int32Array(idWords);
  readonly #wantedBytes = Buffer.from(this.#wanted.buffer);
  /** A row that was made for an id which another thread added first: the next one gets it. */
  #spareRow = -1;
  /** Whether the last `#insert` made the row. */
  #isNew = false;

  private constructor(handle: SharedIdSetHandle) {
    this.#counters = new Int32Array(handle.counters);
    this.#rows = new SharedWords(handle.rows);
    this.#buckets = new SharedWords(handle.buckets);
  }

  /** @param expected how many ids it will hold, if that is known: saves work, and is no limit */
  static create(expected = 0): SharedIdSet {
    let buckets = bucketsAtFirst;
    while (buckets * loadMax < Math.min(expected, rowsMax)) buckets *= 2;
    return SharedIdSet.#empty(buckets);
  }

  static #empty(buckets: number): SharedIdSet {
    const handle = {
      counters: new SharedArrayBuffer(counterWords * 4),
      rows: SharedWords.create(rowsMax * rowWords).buffer,
      buckets: SharedWords.create(rowsMax).buffer,
    };
    const set = new SharedIdSet(handle);
    set.#buckets.ensure(buckets);
    const words = set.#buckets.upTo(buckets);
    for (let at = 0; at < bucketsAtFirst; at += 1)
      words[firstBucketAt(at)] = at + 1 === bucketsAtFirst ? listEnd : bucketMark | firstBucketAt(at + 1);
    set.#counters[bucketMask] = buckets - 1;
    return set;
  }

  /**
   * The set that `image` was taken of, filled without looking at a single id.
   * @param fill puts the next bytes of the image into an array
   */
  static async fromImage(shape: SharedIdSetShape, fill: (target: Uint8Array) => Promise<void>): Promise<SharedIdSet> {
    const isSound = shape.rows <= rowsMax && shape.buckets <= rowsMax && Number.isInteger(Math.log2(shape.buckets));
    if (!isSound) throw new RangeError("no shape of a set");
    const set = SharedIdSet.#empty(shape.buckets);
    set.#rows.ensure(shape.rows * rowWords);
    await fill(set.#rows.bytes(shape.rows * rowWords));
    await fill(set.#buckets.bytes(shape.buckets));
    set.#counters[rowCount] = shape.rows;
    return set;
  }

  /** How much `image` yields. */
  get shape(): SharedIdSetShape {
    return { rows: this.size, buckets: Atomics.load(this.#counters, bucketMask) + 1 };
  }

  /** Everything it holds, to be read before anything is added: `fromImage` makes the same set of it. */
  *image(): Generator<Uint8Array> {
    const { rows, buckets } = this.shape;
    yield this.#rows.bytes(rows * rowWords);
    yield this.#buckets.bytes(buckets);
  }

  static attach(handle: SharedIdSetHandle): SharedIdSet {
    return new SharedIdSet(handle);
  }

  get handle(): SharedIdSetHandle {
    const counters = this.#counters.buffer as SharedArrayBuffer;
    return { counters, rows: this.#rows.buffer, buckets: this.#buckets.buffer };
  }

  /** Ids in the set. With several threads adding, it may count one more for each of them. */
  get size(): number {
    return Atomics.load(this.#counters, rowCount);
  }

  /** What it occupies, in addresses; pages that were never written to take no memory. */
  get bytes(): number {
    return this.#rows.buffer.byteLength + this.#buckets.buffer.byteLength;
  }

  /** The number of `id`, or -1. */
  find(id: Id): number {
    this.#wantedBytes.write(id, "hex");
    return this.#find();
  }

  /** As `find`, for 32 raw bytes at an offset: no string comes into being. */
  findBytes(bytes: Uint8Array, offset = 0): number {
    this.#want(bytes, offset);
    return this.#find();
  }

  /** The number of `id`, which is added if it is new. */
  add(id: Id): number {
    this.#wantedBytes.write(id, "hex");
    return this.#insert();
  }

  /** As `add`, for 32 raw bytes at an offset. */
  addBytes(bytes: Uint8Array, offset = 0): number {
    this.#want(bytes, offset);
    return this.#insert();
  }

  /** Adds the id of these 32 bytes; true for exactly one caller in all threads together. */
  claim(bytes: Uint8Array, offset = 0): boolean {
    this.#want(bytes, offset);
    this.#insert();
    return this.#isNew;
  }

  /** The id with this number. */
  at(row: number): Id {
    const start = row * rowWords;
    const words = this.#rows.upTo(start + rowWords);
    for (let word = 0; word < idWords; word += 1) this.#wanted[word] = words[start + word]!;
    return idFromBytes(this.#wantedBytes);
  }

  #want(bytes: Uint8Array, offset: number): void {
    for (let at = 0; at < idBytes; at += 1) this.#wantedBytes[at] = bytes[offset + at]!;
  }

  #find(): number {
    const key = this.#wanted[0]! >>> 0;
    let bucket = reversed(key) & Atomics.load(this.#counters, bucketMask);
    while (!this.#isLinked(bucket)) bucket = parentOf(bucket);
    let reference = withoutMark(Atomics.load(this.#buckets.upTo(bucket + 1), bucket));
    for (let steps = 0; reference !== listEnd; steps += 1) {
      if (steps > stepsMax) throw forgedIds();
      if (reference < 0) {
        bucket = bucketOf(reference);
        if (reversed(bucket) > key) return -1;
        reference = withoutMark(Atomics.load(this.#buckets.upTo(bucket + 1), bucket));
      } else {
        const start = (reference - 1) * rowWords;
        const words = this.#rows.upTo(start + rowWords);
        const itsKey = words[start]! >>> 0;
        if (itsKey > key) return -1;
        if (itsKey === key && this.#isWanted(words, start)) return reference - 1;
        reference = Atomics.load(words, start + idWords);
      }
    }
    return -1;
  }

  /** The row of the wanted id. A new one goes behind all others of the same key, so two threads meet at one place. */
  #insert(): number {
    const key = this.#wanted[0]! >>> 0;
    let bucket = reversed(key) & Atomics.load(this.#counters, bucketMask);
    if (!this.#isLinked(bucket)) this.#openBucket(bucket);
    while (!this.#isLinked(bucket)) bucket = parentOf(bucket);
    let before = this.#buckets.upTo(bucket + 1);
    let beforeAt = bucket;
    let row = -1;
    let steps = 0;
    for (let found = Atomics.load(before, beforeAt); ;) {
      if (++steps > stepsMax) throw forgedIds();
      const reference = withoutMark(found);
      if (reference < 0 && reversed(bucketOf(reference)) <= key) {
        beforeAt = bucketOf(reference);
        before = this.#buckets.upTo(beforeAt + 1);
        found = Atomics.load(before, beforeAt);
        continue;
      }
      if (reference > 0 && reference !== listEnd) {
        const start = (reference - 1) * rowWords;
        const words = this.#rows.upTo(start + rowWords);
        const itsKey = words[start]! >>> 0;
        if (itsKey <= key) {
          if (itsKey === key && this.#isWanted(words, start)) {
            if (row >= 0) this.#spareRow = row; // another thread was faster
            this.#isNew = false;
            return reference - 1;
          }
          before = words;
          beforeAt = start + idWords;
          found = Atomics.load(before, beforeAt);
          continue;
        }
      }
      if (row < 0) row = this.#newRow();
      const words = this.#rows.upTo((row + 1) * rowWords);
      Atomics.store(words, row * rowWords + idWords, reference);
      const was = Atomics.compareExchange(before, beforeAt, found, (row + 1) | (found & unlinkedMark));
      if (was === found) {
        this.#isNew = true;
        this.#growBuckets(row + 1);
        return row;
      }
      found = was;
    }
  }

  /** A row that holds the wanted id and that nobody else knows of yet. */
  #newRow(): number {
    const row = this.#spareRow >= 0 ? this.#spareRow : Atomics.add(this.#counters, rowCount, 1);
    this.#spareRow = -1;
    if (row >= rowsMax) throw new RangeError("the index is full");
    const start = row * rowWords;
    this.#rows.ensure(start + rowWords);
    const words = this.#rows.upTo(start + rowWords);
    for (let word = 0; word < idWords; word += 1) words[start + word] = this.#wanted[word]!;
    return row;
  }

  #growBuckets(rows: number): void {
    const mask = Atomics.load(this.#counters, bucketMask);
    if (rows <= (mask + 1) * loadMax || mask + 1 >= rowsMax) return;
    this.#buckets.ensure((mask + 1) * 2);
    Atomics.compareExchange(this.#counters, bucketMask, mask, mask * 2 + 1);
  }

  /** Puts a bucket into the list, unless another thread is doing that: then its parent serves a while longer. */
  #openBucket(bucket: number): void {
    const parent = parentOf(bucket);
    if (!this.#isLinked(parent)) this.#openBucket(parent);
    const own = this.#buckets.upTo(bucket + 1);
    if (Atomics.compareExchange(own, bucket, 0, listEnd | unlinkedMark) !== 0) return;
    const key = reversed(bucket);
    let beforeAt = parent;
    while (!this.#isLinked(beforeAt)) beforeAt = parentOf(beforeAt);
    let before = this.#buckets.upTo(beforeAt + 1);
    for (let found = Atomics.load(before, beforeAt); ;) {
      const reference = withoutMark(found);
      if (reference < 0 && reversed(bucketOf(reference)) < key) {
        beforeAt = bucketOf(reference);
        before = this.#buckets.upTo(beforeAt + 1);
        found = Atomics.load(before, beforeAt);
        continue;
      }
      if (reference > 0 && reference !== listEnd) {
        const start = (reference - 1) * rowWords;
        const words = this.#rows.upTo(start + rowWords);
        if (words[start]! >>> 0 < key) {
          before = words;
          beforeAt = start + idWords;
          found = Atomics.load(before, beforeAt);
          continue;
        }
      }
      Atomics.store(own, bucket, reference | unlinkedMark);
      const was = Atomics.compareExchange(before, beforeAt, found, bucketMark | bucket | (found & unlinkedMark));
      if (was === found) break;
      found = was;
    }
    Atomics.and(own, bucket, ~unlinkedMark); // others may have inserted behind it meanwhile: only the mark goes
  }

  #isLinked(bucket: number): boolean {
    const reference = Atomics.load(this.#buckets.upTo(bucket + 1), bucket);
    return reference !== 0 && (reference & unlinkedMark) === 0;
  }

  #isWanted(words: Int32Array, start: number): boolean {
    for (let word = 1; word < idWords; word += 1) if (words[start + word] !== this.#wanted[word]) return false;
    return true;
  }
}

function bucketOf(reference: number): number {
  return reference & ~bucketMark;
}

function withoutMark(reference: number): number {
  return reference & ~unlinkedMark;
}

/** The bucket that this one was a part of before the buckets doubled last. */
function parentOf(bucket: number): number {
  return bucket & ~(1 << (31 - Math.clz32(bucket)));
}

/** Which of the first buckets comes at this place in the list. */
function firstBucketAt(place: number): number {
  return reversed(place) >>> (32 - bucketsAtFirstLog2);
}

/** The 32 bits in opposite order: the list's order of a bucket, and the bucket of a key. */
function reversed(word: number): number {
  let bits = word;
  bits = ((bits >>> 1) & 0x5555_5555) | ((bits & 0x5555_5555) << 1);
  bits = ((bits >>> 2) & 0x3333_3333) | ((bits & 0x3333_3333) << 2);
  bits = ((bits >>> 4) & 0x0f0f_0f0f) | ((bits & 0x0f0f_0f0f) << 4);
  bits = ((bits >>> 8) & 0x00ff_00ff) | ((bits & 0x00ff_00ff) << 8);
  return ((bits >>> 16) | (bits << 16)) >>> 0;
}
