import type { Clock, Random } from "@holdfast/base";
import { generatePolynomial } from "../chunker/polynomial.ts";
import { idOf, type BlobId } from "../id.ts";
import { trialEncoder } from "../repository/trial-encoder.ts";
import { FileReader } from "./file-reader.ts";
import type { SourceFile } from "./source.ts";

/** What a backup would make of some bytes. */
export interface TrialResult {
  readonly bytes: number;
  /** Bytes of chunks that had not come before. */
  readonly uniqueBytes: number;
  /** What those chunks would take in the repository, without their share of indexes. */
  readonly storedBytes: number;
}

/**
 * Does to files all that a backup does, but stores nothing: chunks, hashes, compresses and encrypts them with a key that
 * is thrown away. For estimates of size and speed that come from the real thing.
 */
export class BackupTrial {
  readonly #clock: Clock;
  readonly #storedBytesOf: (chunk: Uint8Array) => number;
  readonly #reader: FileReader;
  readonly #seen = new Set<BlobId>();
  #busyMs = 0;

  constructor(context: { readonly random: Random; readonly clock: Clock }) {
    this.#clock = context.clock;
    this.#storedBytesOf = trialEncoder(context.random);
    this.#reader = new FileReader(generatePolynomial(context.random));
  }

  /** Time that all trials took so far, reading included. */
  get busyMs(): number {
    return this.#busyMs;
  }

  /** @throws what reading throws */
  run(file: SourceFile): TrialResult {
    const startedMs = this.#clock.monotonicMs();
    let [bytes, uniqueBytes, storedBytes] = [0, 0, 0];
    try {
      for (const chunk of this.#reader.chunks(file)) {
        bytes += chunk.byteLength;
        const id = idOf(chunk);
        if (this.#seen.has(id)) continue;
        this.#seen.add(id);
        uniqueBytes += chunk.byteLength;
        storedBytes += this.#storedBytesOf(chunk);
      }
      return { bytes, uniqueBytes, storedBytes };
    } finally {
      this.#busyMs += this.#clock.monotonicMs() - startedMs;
    }
  }
}
