import type { BlobType } from "../blob.ts";

/** A set of blobs by their number in the index: one bit each. */
export class BlobMarks {
  readonly #bits: Record<BlobType, Uint32Array> = { data: new Uint32Array(1024), tree: new Uint32Array(1024) };
  readonly #counts: Record<BlobType, number> = { data: 0, tree: 0 };

  count(type: BlobType): number {
    return this.#counts[type];
  }

  has(type: BlobType, blob: number): boolean {
    return ((this.#bits[type][blob >>> 5] ?? 0) & (1 << (blob & 31))) !== 0;
  }

  /** @returns false when it was marked already */
  mark(type: BlobType, blob: number): boolean {
    if (this.has(type, blob)) return false;
    const word = blob >>> 5;
    if (word >= this.#bits[type].length) this.#grow(type, word + 1);
    this.#bits[type][word]! |= 1 << (blob & 31);
    this.#counts[type] += 1;
    return true;
  }

  #grow(type: BlobType, wordsMin: number): void {
    const larger = new Uint32Array(Math.max(wordsMin, this.#bits[type].length * 2));
    larger.set(this.#bits[type]);
    this.#bits[type] = larger;
  }
}
