import { assert } from "@holdfast/base";
import { digestBytes } from "../../filesystem/entries-digest.ts";
import type { TreeId } from "../../id.ts";
import { headWords, idBytes, layoutOf } from "./image-layout.ts";
import type { TreeRow } from "./tree-rows.ts";

/** Known trees as other threads find them. */
export interface KnownTreesHandle {
  readonly image: SharedArrayBuffer;
  readonly used: SharedArrayBuffer;
}

/**
 * Trees that this machine stored, each with what its directory looked like then: when it looks like that again, the tree
 * is what it was, but for what lies below its subdirectories. Lies in shared memory and has one row for each tree.
 *
 * The image: the numbers of rows and of subdirectories in all of them; then of each row, ascending by its id, all ids,
 * all digests, all numbers of entries below, and where its subdirectories begin; then the ids of the subdirectories.
 *
 * @see docs/adr/0017-unchanged-directories-are-known-by-a-digest.md
 */
export class KnownTrees {
  readonly handle: KnownTreesHandle;
  readonly size: number;
  readonly #ids: Buffer;
  readonly #digests: Buffer;
  readonly #below: Uint32Array;
  readonly #begins: Uint32Array;
  readonly #children: Buffer;
  readonly #used: Uint8Array;

  /** @throws when the image is none: it was authenticated, so that is a bug */
  constructor(handle: KnownTreesHandle) {
    this.handle = handle;
    const [rows = 0, children = 0] = new Uint32Array(handle.image, 0, headWords);
    const { ids, digests, below, begins, children: childrenAt, end } = layoutOf(rows, children);
    assert(handle.image.byteLength === end && handle.used.byteLength === rows, "an image is as long as it says");
    this.size = rows;
    this.#ids = Buffer.from(handle.image, ids, rows * idBytes);
    this.#digests = Buffer.from(handle.image, digests, rows * digestBytes);
    this.#below = new Uint32Array(handle.image, below, rows);
    this.#begins = new Uint32Array(handle.image, begins, rows + 1);
    this.#children = Buffer.from(handle.image, childrenAt, children * idBytes);
    this.#used = new Uint8Array(handle.used);
  }

  static of(image: SharedArrayBuffer): KnownTrees {
    const [rows = 0] = new Uint32Array(image, 0, headWords);
    return new KnownTrees({ image, used: new SharedArrayBuffer(rows) });
  }

  /** The row of a tree; -1 when it is not known. */
  find(tree: TreeId): number {
    return this.#rowOf(Buffer.from(tree, "hex"), 0);
  }

  treeAt(row: number): TreeId {
    return hexAt(this.#ids, row, idBytes) as TreeId;
  }

  /** What the directory looked like. */
  digestAt(row: number): string {
    return hexAt(this.#digests, row, digestBytes);
  }

  /** How many entries the directory and all directories below it have. */
  entriesBelowAt(row: number): number {
    return this.#below[row]!;
  }

  childCount(row: number): number {
    return this.#begins[row + 1]! - this.#begins[row]!;
  }

  /** The tree of a subdirectory, by its number among them. */
  child(row: number, number: number): TreeId {
    return hexAt(this.#children, this.#begins[row]! + number, idBytes) as TreeId;
  }

  /** The row of that tree; -1 when it is not known. */
  childRow(row: number, number: number): number {
    return this.#rowOf(this.#children, (this.#begins[row]! + number) * idBytes);
  }

  rowAt(row: number): TreeRow {
    return {
      tree: this.treeAt(row),
      digest: this.digestAt(row),
      entriesBelow: this.entriesBelowAt(row),
      children: Array.from({ length: this.childCount(row) }, (_, number) => this.child(row, number)),
    };
  }

  /** Says that the row was right once more; rows that nobody confirms are forgotten. */
  confirm(row: number): void {
    this.#used[row] = 1;
  }

  isConfirmed(row: number): boolean {
    return this.#used[row] === 1;
  }

  /** The row of the id that stands in `bytes` at `from`. */
  #rowOf(bytes: Buffer, from: number): number {
    const first = bytes.readUInt32BE(from);
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = middle * idBytes;
      const order =
        this.#ids.readUInt32BE(at) - first || this.#ids.compare(bytes, from, from + idBytes, at, at + idBytes);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return -1;
  }
}

function hexAt(bytes: Buffer, number: number, length: number): string {
  return bytes.toString("hex", number * length, (number + 1) * length);
}
