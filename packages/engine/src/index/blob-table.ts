import { assert } from "@holdfast/base";
import type { Id } from "../id.ts";
import { GrowingRows } from "../tables/growing-rows.ts";
import { SharedIdSet, type SharedIdSetShape } from "../tables/shared-id-set.ts";
import { SharedWords } from "../tables/shared-words.ts";

/** A place as the table keeps it: the pack by its number. */
export interface PlaceRow {
  pack: number;
  offset: number;
  length: number;
  uncompressedLength: number;
}

/** Places of one blob from which on they are remembered to be found at once. */
const crowdMin = 64;

/** Of the first places, which stand under the number that the set gave the id. */
const firstColumns = { pack: 0, offset: 1, length: 2, uncompressedLength: 3 } as const;
const firstWidth = 4;
const firstRowsMax = 2 ** 27;
const furtherColumns = { ...firstColumns, blob: 4, next: 5 } as const;
const furtherWidth = 6;

/** What an image of a table holds. */
export interface BlobTableShape {
  readonly ids: SharedIdSetShape;
  readonly further: number;
}

/**
 * Every blob of one type and all places that hold it, in under 60 bytes a blob, its id included. The first place of a
 * blob has the blob's own number; further ones are rare, and hang behind it in a list. An id that a thread has only
 * claimed has no place yet: its length is 0, which no stored blob has.
 */
export class BlobTable {
  readonly ids: SharedIdSet;
  readonly #first = SharedWords.create(firstRowsMax * firstWidth);
  #further = new GrowingRows(furtherWidth);
  /** Blob number to the row after its first further place. */
  readonly #furtherOf = new Map<number, number>();
  /** Of blobs with very many places: all of them. */
  readonly #crowds = new Map<number, Set<string>>();

  constructor(ids: SharedIdSet = SharedIdSet.create()) {
    this.ids = ids;
  }

  /**
   * The table that `image` was taken of.
   * @param fill puts the next bytes of the image into an array
   */
  static async fromImage(shape: BlobTableShape, fill: (target: Uint8Array) => Promise<void>): Promise<BlobTable> {
    const table = new BlobTable(await SharedIdSet.fromImage(shape.ids, fill));
    table.#first.ensure(shape.ids.rows * firstWidth);
    await fill(table.#first.bytes(shape.ids.rows * firstWidth));
    table.#further = await GrowingRows.fromImage(furtherWidth, shape.further, fill);
    for (let row = 0; row < shape.further; row += 1)
      table.#furtherOf.set(table.#further.get(row, furtherColumns.blob), row + 1); // the last of a blob is its list's first
    return table;
  }

  /** How much `image` yields. */
  get shape(): BlobTableShape {
    return { ids: this.ids.shape, further: this.#further.rows };
  }

  /** Everything it holds, to be read before anything is added. No blob may be only claimed. */
  *image(): Generator<Uint8Array> {
    yield* this.ids.image();
    yield this.#first.bytes(this.ids.size * firstWidth);
    yield* this.#further.image();
  }

  /** Blobs by number, those included that a thread has only claimed. */
  get size(): number {
    return this.ids.size;
  }

  /** Places of all blobs together; `placeAt` takes any number below it. */
  get placeCount(): number {
    return this.ids.size + this.#further.rows;
  }

  /** Bytes that the table occupies. */
  get bytes(): number {
    return this.ids.bytes + this.#first.buffer.byteLength;
  }

  /** The number of a blob that has a place, or -1. */
  find(id: Id): number {
    return this.#placed(this.ids.find(id));
  }

  /** As `find`, for 32 raw bytes. */
  findBytes(id: Uint8Array): number {
    return this.#placed(this.ids.findBytes(id));
  }

  /** The id of the blob with this number. */
  idAt(blob: number): Id {
    return this.ids.at(blob);
  }

  has(id: Id): boolean {
    return this.find(id) >= 0;
  }

  /** All places of a blob; empty when it is unknown. */
  places(id: Id): PlaceRow[] {
    const number = this.find(id);
    return number < 0 ? [] : this.#placesOf(number);
  }

  /** The first place of a blob, which is all that most callers need. */
  firstPlace(id: Id): PlaceRow | undefined {
    const number = this.find(id);
    return number < 0 ? undefined : this.#firstAt(number);
  }

  /**
   * @param id 32 raw bytes
   * @returns false when exactly this place was known already
   */
  add(id: Uint8Array, place: PlaceRow, offset = 0): boolean {
    const number = this.ids.addBytes(id, offset);
    const at = number * firstWidth;
    this.#first.ensure(at + firstWidth);
    const words = this.#first.upTo(at + firstWidth);
    if (words[at + firstColumns.length] === 0) {
      words[at + firstColumns.pack] = place.pack;
      words[at + firstColumns.offset] = place.offset;
      words[at + firstColumns.length] = place.length;
      words[at + firstColumns.uncompressedLength] = place.uncompressedLength;
      return true;
    }
    if (this.#isKnown(number, place)) return false;
    const row = this.#further.add();
    for (const column of ["pack", "offset", "length", "uncompressedLength"] as const)
      this.#further.set(row, furtherColumns[column], place[column]);
    this.#further.set(row, furtherColumns.blob, number);
    this.#further.set(row, furtherColumns.next, this.#furtherOf.get(number) ?? 0);
    this.#furtherOf.set(number, row + 1);
    return true;
  }

  /** A blob has one place or two; only a forged index has so many that going through them would take for ever. */
  #isKnown(number: number, place: PlaceRow): boolean {
    let crowd = this.#crowds.get(number);
    if (crowd === undefined) {
      const places = this.#placesOf(number);
      if (places.some((other) => isSamePlace(other, place))) return true;
      if (places.length < crowdMin) return false;
      crowd = new Set(places.map(placeKey));
      this.#crowds.set(number, crowd);
    }
    const size = crowd.size;
    return crowd.add(placeKey(place)).size === size;
  }

  /** The place with this number, and whose it is. */
  placeAt(number: number): { id: Id; place: PlaceRow } {
    const place = { blob: 0, pack: 0, offset: 0, length: 0, uncompressedLength: 0 };
    this.placeInto(number, place);
    return { id: this.ids.at(place.blob), place };
  }

  /** As `placeAt`, by the blob's number and without a new object. */
  placeInto(number: number, into: PlaceRow & { blob: number }): void {
    const row = number - this.ids.size;
    if (row >= 0) {
      this.#furtherInto(row, into);
      into.blob = this.#further.get(row, furtherColumns.blob);
      return;
    }
    assert(this.#placed(number) >= 0, "places are gone through while no blob is only claimed");
    this.#firstInto(number, into);
    into.blob = number;
  }

  /** The pack of the place with this number; -1 when its blob is only claimed. */
  packAt(number: number): number {
    const row = number - this.ids.size;
    if (row >= 0) return this.#further.get(row, furtherColumns.pack);
    const at = number * firstWidth;
    return this.#placed(number) < 0 ? -1 : this.#first.upTo(at + firstWidth)[at + firstColumns.pack]!;
  }

  /** The number itself if its blob has a place, else -1. */
  #placed(number: number): number {
    const end = (number + 1) * firstWidth;
    const words = this.#first.upTo(end);
    const isPlaced = number >= 0 && end <= words.length && words[end - firstWidth + firstColumns.length] !== 0;
    return isPlaced ? number : -1;
  }

  #placesOf(number: number): PlaceRow[] {
    const places = [this.#firstAt(number)];
    let next = this.#furtherOf.get(number) ?? 0;
    for (; next > 0; next = this.#further.get(next - 1, furtherColumns.next)) places.push(this.#furtherAt(next - 1));
    return places;
  }

  #firstAt(number: number): PlaceRow {
    const place = { pack: 0, offset: 0, length: 0, uncompressedLength: 0 };
    this.#firstInto(number, place);
    return place;
  }

  #firstInto(number: number, into: PlaceRow): void {
    const at = number * firstWidth;
    const words = this.#first.upTo(at + firstWidth);
    into.pack = words[at + firstColumns.pack]!;
    into.offset = words[at + firstColumns.offset]! >>> 0;
    into.length = words[at + firstColumns.length]! >>> 0;
    into.uncompressedLength = words[at + firstColumns.uncompressedLength]! >>> 0;
  }

  #furtherAt(row: number): PlaceRow {
    const place = { pack: 0, offset: 0, length: 0, uncompressedLength: 0 };
    this.#furtherInto(row, place);
    return place;
  }

  #furtherInto(row: number, into: PlaceRow): void {
    into.pack = this.#further.get(row, furtherColumns.pack);
    into.offset = this.#further.get(row, furtherColumns.offset);
    into.length = this.#further.get(row, furtherColumns.length);
    into.uncompressedLength = this.#further.get(row, furtherColumns.uncompressedLength);
  }
}

function placeKey({ pack, offset, length }: PlaceRow): string {
  return `${pack} ${offset} ${length}`;
}

function isSamePlace(left: PlaceRow, right: PlaceRow): boolean {
  return left.pack === right.pack && left.offset === right.offset && left.length === right.length;
}
