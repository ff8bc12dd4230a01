import { MiB } from "@holdfast/base";
import type { PackId } from "../id.ts";
import { packBytes, type PackedBlob } from "../pack/pack-header.ts";
import type { PackReading } from "../pack/pack-reading.ts";
import type { Repository } from "../repository/repository.ts";
import type { CheckThreads } from "./check-threads.ts";

/** A thread takes as long to start as this to prove; a repository that is smaller needs none. */
const inlineBytes = 8 * MiB;
/** A pack of any size can be proven piece by piece; restic and we make them up to this. */
const wholePackBytesMax = 160 * MiB;

/** Reads packs one after the other, as a disk likes it, and has them proven by threads. */
export class PackReaders {
  readonly threads: CheckThreads;
  readonly #repository: Repository;
  #bytes = 0;

  constructor(repository: Repository, threads: CheckThreads) {
    this.#repository = repository;
    this.threads = threads;
  }

  /**
   * Reads a pack completely and compares it with what the index says.
   * @param isOfSize whether it has the size that follows from that: only then does it surely fit in memory
   * @throws what the storage throws
   */
  async read(
    id: PackId,
    blobs: readonly PackedBlob[],
    isOfSize: boolean,
    signal: AbortSignal | undefined,
  ): Promise<PackReading> {
    const sizeBytes = packBytes(blobs);
    this.#bytes += sizeBytes;
    const isSmall = this.threads.count === 0 || this.#bytes <= inlineBytes;
    if (isSmall || !isOfSize || sizeBytes > wholePackBytesMax) return this.#repository.readPack(id, blobs, signal);
    const bytes = await this.#repository.storage.read({ type: "pack", name: id }, undefined, signal);
    return this.threads.prove({ id, indexed: blobs, bytes });
  }
}
