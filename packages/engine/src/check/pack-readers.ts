import { availableParallelism } from "node:os";
import { MiB } from "@holdfast/base";
import type { PackId } from "../id.ts";
import { packBytes, type PackedBlob } from "../pack/pack-header.ts";
import type { PackReading } from "../pack/pack-reading.ts";
import type { Repository } from "../repository/repository.ts";
import { ThreadPool } from "../threads/thread-pool.ts";
import type { PackJob } from "./check-thread.ts";

const threadsMax = 8;
/** A thread takes as long to start as this to prove; a repository that is smaller needs none. */
const inlineBytes = 8 * MiB;
/** A pack of any size can be proven piece by piece; restic and we make them up to this. */
const wholePackBytesMax = 160 * MiB;

/** Reads packs one after the other, as a disk likes it, and has them proven by threads. */
export class PackReaders {
  readonly threads: number;
  readonly #repository: Repository;
  #pool: ThreadPool<Uint8Array, PackJob, PackReading> | undefined;
  #bytes = 0;

  /** @param threads 0: everything is done in the calling thread; default: one for each processor */
  constructor(repository: Repository, threads: number = Math.min(threadsMax, availableParallelism())) {
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
    const isInline = this.threads === 0 || this.#bytes <= inlineBytes || !isOfSize || sizeBytes > wholePackBytesMax;
    if (isInline) return this.#repository.readPack(id, blobs, signal);
    const bytes = await this.#repository.storage.read({ type: "pack", name: id }, undefined, signal);
    const entry = new URL("./check-thread.ts", import.meta.url);
    this.#pool ??= new ThreadPool({ entry, setup: this.#repository.secretForThreads(), threads: this.threads });
    const { buffer, byteLength } = bytes;
    const isAlone = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
    return this.#pool.run({ id, indexed: blobs, bytes }, isAlone ? [buffer] : []);
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }
}
