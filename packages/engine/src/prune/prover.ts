import { availableParallelism } from "node:os";
import { MiB } from "@holdfast/base";
import type { PackId } from "../id.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import { Decoder } from "../repository/decoder.ts";
import { ThreadPool } from "../threads/thread-pool.ts";

export interface ProverSetup {
  /** From `Repository.secretForThreads`. */
  readonly secret: Uint8Array;
}

/** A whole pack in memory, the only user of its buffer. */
export interface ProofJob {
  readonly blobs: readonly PackedBlob[];
  readonly bytes: Uint8Array;
}

export interface Proof {
  /** The pack's hash; undefined when the header or a blob is not what it should be. */
  readonly id: PackId | undefined;
  /** The pack's bytes again, which were away meanwhile. */
  readonly bytes: Uint8Array;
}

const threadsMax = 8;
/** A thread takes as long to start as this to prove. */
const inlineBytes = 48 * MiB;
/** With so many waiting for a thread, the calling one takes the next itself. */
const jobsPerThread = 2;

/** Proves packs, several at once: in threads, and in the calling one when all have enough to do or it is not worth any. */
export class Prover {
  /** The calling thread reads, copies and stores meanwhile, which is a processor's work as well. */
  readonly threads = Math.min(threadsMax, Math.max(1, availableParallelism() - 1));
  readonly #decoder: Decoder;
  readonly #pool: ThreadPool<ProverSetup, ProofJob, Proof> | undefined;
  #jobs = 0;

  /** @param bytesExpected that there will be to prove */
  constructor(secret: Uint8Array, bytesExpected: number) {
    this.#decoder = new Decoder(secret);
    if (bytesExpected <= inlineBytes) return;
    const entry = new URL("./prove-thread.ts", import.meta.url);
    this.#pool = new ThreadPool({ entry, setup: { secret }, threads: this.threads });
  }

  /** @param job its bytes are gone from here until the answer brings them back */
  async prove(job: ProofJob): Promise<Proof> {
    if (this.#pool === undefined || this.#jobs >= this.threads * jobsPerThread)
      return { id: this.#decoder.nameOfProvenPack(job), bytes: job.bytes };
    this.#jobs += 1;
    const { buffer } = job.bytes;
    try {
      return await this.#pool.run(job, buffer instanceof ArrayBuffer ? [buffer] : []);
    } finally {
      this.#jobs -= 1;
    }
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }
}
