import type { Clock, Random } from "@holdfast/base";
import { generatePolynomial } from "../chunker/polynomial.ts";
import { MasterKey } from "../crypto/master-key.ts";
import { newNonce } from "../crypto/seal.ts";
import { idOf, type BlobId } from "../id.ts";
import { encodeBlob } from "../pack/blob-encoding.ts";
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
  readonly #random: Random;
  readonly #clock: Clock;
  readonly #key: MasterKey;
  readonly #reader: FileReader;
  readonly #seen = new Set<BlobId>();
  #busyMs = 0;

  constructor(context: { readonly random: Random; readonly clock: Clock }) {
    this.#random = context.random;
    this.#clock = context.clock;
    this.#key = MasterKey.generate(context.random);
    this.#reader = new FileReader(generatePolynomial(context.random));
  }

  /** Time that all trials took so far, reading included. */
  get busyMs(): number {
    return this.#busyMs;
  }

  /** @throws what reading throws */
  async run(file: SourceFile): Promise<TrialResult> {
    const startedMs = this.#clock.monotonicMs();
    let uniqueBytes = 0;
    let storedBytes = 0;
    const save = async (chunk: Uint8Array) => {
      const id = idOf(chunk);
      if (this.#seen.has(id)) return id;
      this.#seen.add(id);
      const { stored } = encodeBlob(this.#key, newNonce(this.#random), 2, "data", chunk);
      uniqueBytes += chunk.byteLength;
      storedBytes += stored.byteLength;
      return id;
    };
    try {
      const { sizeBytes } = await this.#reader.read(file, save, () => {});
      return { bytes: sizeBytes, uniqueBytes, storedBytes };
    } finally {
      this.#busyMs += this.#clock.monotonicMs() - startedMs;
    }
  }
}
