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
    const wanted = Buffer.from(tree, "hex");
    const first = wanted.readUInt32BE();
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const at = middle * idBytes;
      const order = this.#ids.readUInt32BE(at) - first || this.#ids.compare(wanted, 0, idBytes, at, at + idBytes);
      if (order === 0) return middle;
      if (order < 0) low = middle + 1;
      else high = middle;
    }
    return -1;
  }

  rowAt(row: number): TreeRow {
    return {
      tree: this.#ids.toString("hex", row * idBytes, (row + 1) * idBytes) as TreeId,
      digest: this.digestAt(row),
      entriesBelow: this.#below[row]!,
      children: this.childrenAt(row),
    };
  }

  /** What the directory looked like. */
  digestAt(row: number): string {
    return this.#digests.toString("hex", row * digestBytes, (row + 1) * digestBytes);
  }

  /** How many entries the directory of a tree and all directories below it have; 0 when it is not known. */
  entriesBelow(tree: TreeId): number {
    const row = this.find(tree);
    return row < 0 ? 0 : this.#below[row]!;
  }

  /** Trees of its subdirectories, in the order of their names. */
  childrenAt(row: number): TreeId[] {
    const children: TreeId[] = [];
    for (let child = this.#begins[row]!; child < this.#begins[row + 1]!; child += 1)
      children.push(this.#children.toString("hex", child * idBytes, (child + 1) * idBytes) as TreeId);
    return children;
  }

  /** Says that the row was right once more; rows that nobody confirms are forgotten. */
  confirm(row: number): void {
    this.#used[row] = 1;
  }

  isConfirmed(row: number): boolean {
    return this.#used[row] === 1;
  }
}
