import { fromHex } from "@holdfast/base";
import { digestBytes } from "../../filesystem/entries-digest.ts";
import type { TreeId } from "../../id.ts";
import { headWords, idBytes, layoutOf, wordBytes } from "./image-layout.ts";
import type { KnownTrees } from "./known-trees.ts";

/** A tree and what its directory looked like when it was stored. */
export interface TreeRow {
  readonly tree: TreeId;
  readonly digest: string;
  readonly entriesBelow: number;
  readonly children: readonly TreeId[];
}

/** Gathers rows in a few dozen bytes each, and makes the image of them. */
export class TreeRows {
  #bytes = Buffer.alloc(4096);
  #filled = 0;
  /** Where each row begins in `#bytes`. */
  readonly #begins: number[] = [];

  get size(): number {
    return this.#begins.length;
  }

  add({ tree, digest, entriesBelow, children }: TreeRow): void {
    const length = idBytes + digestBytes + 2 * wordBytes + children.length * idBytes;
    while (this.#filled + length > this.#bytes.byteLength) {
      const larger = Buffer.alloc(this.#bytes.byteLength * 2);
      larger.set(this.#bytes);
      this.#bytes = larger;
    }
    this.#begins.push(this.#filled);
    this.#bytes.set(fromHex(tree), this.#filled);
    this.#bytes.set(fromHex(digest), this.#filled + idBytes);
    this.#bytes.writeUInt32LE(entriesBelow, this.#filled + idBytes + digestBytes);
    this.#bytes.writeUInt32LE(children.length, this.#filled + idBytes + digestBytes + wordBytes);
    let at = this.#filled + length - children.length * idBytes;
    for (const child of children) {
      this.#bytes.set(fromHex(child), at);
      at += idBytes;
    }
    this.#filled += length;
  }

  /** Takes over what was confirmed of earlier rows. */
  addConfirmed(known: KnownTrees): void {
    for (let row = 0; row < known.size; row += 1) if (known.isConfirmed(row)) this.add(known.rowAt(row));
  }

  /** The image of all rows; of several for one tree, any. */
  image(): Uint8Array {
    const bytes = this.#bytes;
    const compare = (left: number, right: number) =>
      bytes.readUInt32BE(left) - bytes.readUInt32BE(right) ||
      bytes.compare(bytes, right, right + idBytes, left, left + idBytes);
    const sorted = this.#begins
      .toSorted(compare)
      .filter((begin, at, all) => at === 0 || compare(all[at - 1]!, begin) !== 0);
    const childrenOf = (begin: number) => bytes.readUInt32LE(begin + idBytes + digestBytes + wordBytes);
    const children = sorted.reduce((sum, begin) => sum + childrenOf(begin), 0);
    const places = layoutOf(sorted.length, children);
    const image = Buffer.alloc(places.end);
    const wordsAt = (at: number, length: number) => new Uint32Array(image.buffer, image.byteOffset + at, length);
    wordsAt(0, headWords).set([sorted.length, children]);
    const below = wordsAt(places.below, sorted.length);
    const begins = wordsAt(places.begins, sorted.length + 1);
    let child = 0;
    for (const [row, begin] of sorted.entries()) {
      const digest = begin + idBytes;
      const counts = digest + digestBytes;
      const inner = counts + 2 * wordBytes;
      bytes.copy(image, places.ids + row * idBytes, begin, digest);
      bytes.copy(image, places.digests + row * digestBytes, digest, counts);
      bytes.copy(image, places.children + child * idBytes, inner, inner + childrenOf(begin) * idBytes);
      below[row] = bytes.readUInt32LE(counts);
      begins[row] = child;
      child += childrenOf(begin);
    }
    begins[sorted.length] = child;
    return image;
  }
}
