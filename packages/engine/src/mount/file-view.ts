import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import type { BlobId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import type { BlobCache } from "./blob-cache.ts";

const chunksAhead = 2;

/** A file that is read from any place on: where each chunk ends is worked out once, and found again by halving. */
export class FileView {
  readonly #cache: BlobCache;
  readonly #content: readonly BlobId[];
  /** Where each chunk ends in the file. */
  readonly #ends: Float64Array;

  /** @throws ENGINE_BLOB_MISSING when a chunk is in no index, so that nobody knows what comes where */
  constructor(repository: Repository, cache: BlobCache, content: readonly BlobId[]) {
    this.#cache = cache;
    this.#content = content;
    this.#ends = new Float64Array(content.length);
    let end = 0;
    for (const [at, id] of content.entries()) {
      const bytes = repository.plainLength("data", id);
      if (bytes === undefined) throw new HoldfastError(engineErrors.blobMissing, `No index names the blob ${id}.`);
      end += bytes;
      this.#ends[at] = end;
    }
  }

  get sizeBytes(): number {
    return this.#ends.at(-1) ?? 0;
  }

  /** The bytes from `start` up to and without `end`, in pieces. @throws ENGINE_BLOB_MISSING, ENGINE_PACK_DAMAGED */
  async *read(start: number, end: number): AsyncGenerator<Uint8Array> {
    const load = (at: number) => {
      const loading = this.#cache.load("data", this.#content[at]!);
      loading.catch(() => {}); // heard of when its turn comes; until then it is no stray rejection
      return loading;
    };
    const ahead: Promise<Uint8Array>[] = [];
    let at = this.#chunkAt(start);
    let next = at;
    for (; at < this.#content.length && this.#beginOf(at) < end; at += 1) {
      while (next < this.#content.length && next <= at + chunksAhead && this.#beginOf(next) < end) {
        ahead.push(load(next));
        next += 1;
      }
      const begin = this.#beginOf(at);
      const chunk = await ahead.shift()!;
      const piece = chunk.subarray(Math.max(0, start - begin), Math.min(chunk.byteLength, end - begin));
      if (piece.byteLength > 0) yield piece;
    }
  }

  #beginOf(at: number): number {
    return at === 0 ? 0 : this.#ends[at - 1]!;
  }

  /** The first chunk that ends behind `offset`. */
  #chunkAt(offset: number): number {
    let [low, high] = [0, this.#ends.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ends[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
