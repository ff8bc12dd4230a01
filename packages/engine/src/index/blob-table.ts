import { GrowingRows } from "../tables/growing-rows.ts";
import { IdTable } from "../tables/id-table.ts";
import type { Id } from "../id.ts";

/** A place as the table keeps it: the pack by its number. */
export interface PlaceRow {
  pack: number;
  offset: number;
  length: number;
  uncompressedLength: number;
}

const columns = { pack: 0, offset: 1, length: 2, uncompressedLength: 3, blob: 4, next: 5 } as const;

/**
 * Every blob of one type and all places that hold it, in under 60 bytes a blob. The first place of a blob has the
 * blob's own number; further ones are rare, and hang behind it in a list.
 */
export class BlobTable {
  readonly #ids = new IdTable();
  readonly #first = new GrowingRows(4);
  readonly #further = new GrowingRows(6);
  /** Blob number to the row after its first further place. */
  readonly #furtherOf = new Map<number, number>();

  get size(): number {
    return this.#ids.size;
  }

  /** Places of all blobs together; `placeAt` takes any number below it. */
  get placeCount(): number {
    return this.#first.rows + this.#further.rows;
  }

  /** The number of a blob, or -1. */
  find(id: Id): number {
    return this.#ids.find(id);
  }

  /** As `find`, for 32 raw bytes. */
  findBytes(id: Uint8Array): number {
    return this.#ids.findBytes(id);
  }

  /** The id of the blob with this number. */
  idAt(blob: number): Id {
    return this.#ids.at(blob);
  }

  has(id: Id): boolean {
    return this.#ids.find(id) >= 0;
  }

  /** All places of a blob; empty when it is unknown. */
  places(id: Id): PlaceRow[] {
    const number = this.#ids.find(id);
    return number < 0 ? [] : this.#placesOf(number);
  }

  /** The first place of a blob, which is all that most callers need. */
  firstPlace(id: Id): PlaceRow | undefined {
    const number = this.#ids.find(id);
    return number < 0 ? undefined : rowAt(this.#first, number);
  }

  /**
   * @param id 32 raw bytes
   * @returns false when exactly this place was known already
   */
  add(id: Uint8Array, place: PlaceRow): boolean {
    const known = this.#ids.size;
    const number = this.#ids.addBytes(id);
    if (number === known) {
      setRow(this.#first, this.#first.add(), place);
      return true;
    }
    if (this.#placesOf(number).some((other) => isSamePlace(other, place))) return false;
    const row = this.#further.add();
    setRow(this.#further, row, place);
    this.#further.set(row, columns.blob, number);
    this.#further.set(row, columns.next, this.#furtherOf.get(number) ?? 0);
    this.#furtherOf.set(number, row + 1);
    return true;
  }

  /** The place with this number, and whose it is. */
  placeAt(number: number): { id: Id; place: PlaceRow } {
    const row = number - this.#first.rows;
    if (row < 0) return { id: this.#ids.at(number), place: rowAt(this.#first, number) };
    return { id: this.#ids.at(this.#further.get(row, columns.blob)), place: rowAt(this.#further, row) };
  }

  /** As `placeAt`, by the blob's number and without a new object. */
  placeInto(number: number, into: PlaceRow & { blob: number }): void {
    const isFirst = number < this.#first.rows;
    const rows = isFirst ? this.#first : this.#further;
    const row = isFirst ? number : number - this.#first.rows;
    into.blob = isFirst ? number : rows.get(row, columns.blob);
    into.pack = rows.get(row, columns.pack);
    into.offset = rows.get(row, columns.offset);
    into.length = rows.get(row, columns.length);
    into.uncompressedLength = rows.get(row, columns.uncompressedLength);
  }

  /** The pack of the place with this number. */
  packAt(number: number): number {
    const row = number - this.#first.rows;
    return row < 0 ? this.#first.get(number, columns.pack) : this.#further.get(row, columns.pack);
  }

  #placesOf(number: number): PlaceRow[] {
    const places = [rowAt(this.#first, number)];
    let next = this.#furtherOf.get(number) ?? 0;
    for (; next > 0; next = this.#further.get(next - 1, columns.next)) places.push(rowAt(this.#further, next - 1));
    return places;
  }
}

function isSamePlace(left: PlaceRow, right: PlaceRow): boolean {
  return left.pack === right.pack && left.offset === right.offset && left.length === right.length;
}

function rowAt(rows: GrowingRows, row: number): PlaceRow {
  return {
    pack: rows.get(row, columns.pack),
    offset: rows.get(row, columns.offset),
    length: rows.get(row, columns.length),
    uncompressedLength: rows.get(row, columns.uncompressedLength),
  };
}

function setRow(rows: GrowingRows, row: number, place: PlaceRow): void {
  rows.set(row, columns.pack, place.pack);
  rows.set(row, columns.offset, place.offset);
  rows.set(row, columns.length, place.length);
  rows.set(row, columns.uncompressedLength, place.uncompressedLength);
}
