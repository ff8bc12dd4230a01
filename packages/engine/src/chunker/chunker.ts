import { KiB, MiB } from "@holdfast/base";
import type { Polynomial } from "./polynomial.ts";
import { Rabin, windowBytes } from "./rabin.ts";

export const chunkBytesMin = 512 * KiB;
export const chunkBytesMax = 8 * MiB;

/**
 * Cuts one file, fed in pieces of any size, exactly where restic would. Bytes that are too near the last cut to
 * matter are not even looked at: of random data, one third.
 *
 * @see restic-format.md section 9
 */
export class Chunker {
  readonly #rabin: Rabin;
  /** Bytes of the present chunk so far. */
  #length = 0;
  /** The last 64 bytes fed, for a window that begins before the next piece. */
  #tail: Uint8Array = new Uint8Array(windowBytes);

  /** @param polynomial irreducible; the repository's own */
  constructor(polynomial: Polynomial) {
    this.#rabin = rabinFor(polynomial);
  }

  /** Forgets everything: the next byte is the first of a file. */
  reset(): void {
    this.#length = 0;
  }

  /**
   * Feeds the next bytes of the file.
   * @returns the offsets in `bytes` behind which to cut, ascending; what follows the last belongs to the next chunk
   */
  feed(bytes: Uint8Array): number[] {
    const cuts: number[] = [];
    let start = 0; // of the present chunk's part in `bytes`
    for (;;) {
      const rest = bytes.byteLength - start;
      // The first position that may be cut lies behind byte chunkBytesMin of the chunk.
      const from = start + Math.max(0, chunkBytesMin - 1 - this.#length);
      const limit = start + (chunkBytesMax - this.#length);
      const to = Math.min(bytes.byteLength, limit);
      let cut = from < to ? this.#rabin.nextCut(this.#tail, bytes, from, to) : -1;
      if (cut < 0 && limit <= bytes.byteLength) cut = limit;
      if (cut < 0) {
        this.#length += rest;
        break;
      }
      cuts.push(cut);
      start = cut;
      this.#length = 0;
    }
    this.#keepTail(bytes);
    return cuts;
  }

  #keepTail(bytes: Uint8Array): void {
    const kept = windowBytes;
    if (bytes.byteLength >= kept) {
      this.#tail.set(bytes.subarray(bytes.byteLength - kept));
      return;
    }
    this.#tail.copyWithin(0, bytes.byteLength);
    this.#tail.set(bytes, kept - bytes.byteLength);
  }
}

/** The tables of a polynomial take a while to build and serve all files of its repository. */
let latest: { polynomial: Polynomial; rabin: Rabin } | undefined;

export function rabinFor(polynomial: Polynomial): Rabin {
  if (latest?.polynomial !== polynomial) latest = { polynomial, rabin: new Rabin(polynomial) };
  return latest.rabin;
}
