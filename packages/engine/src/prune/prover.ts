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
  readonly id: PackId;
  readonly blobs: readonly PackedBlob[];
  readonly bytes: Uint8Array;
}

export interface Proof {
  /** Hash, header and every blob are what they should be. */
  readonly isSound: boolean;
  /** The pack's bytes again, which were away meanwhile. */
  readonly bytes: Uint8Array;
}

const threadsMax = 8;
/** A thread takes as long to start as this to prove. */
const inlineBytes = 32 * MiB;

/** Proves packs, several at once in threads; the first few in the calling one, so that a small prune starts no other. */
export class Prover {
  /** The calling thread reads, copies and stores meanwhile, which is a processor's work as well. */
  readonly threads = Math.min(threadsMax, Math.max(1, availableParallelism() - 1));
  readonly #setup: ProverSetup;
  readonly #decoder: Decoder;
  #pool: ThreadPool<ProverSetup, ProofJob, Proof> | undefined;
  #bytes = 0;

  constructor(secret: Uint8Array) {
    this.#setup = { secret };
    this.#decoder = new Decoder(secret);
  }

  /** @param job its bytes are gone from here until the answer brings them back */
  async prove(job: ProofJob): Promise<Proof> {
    this.#bytes += job.bytes.byteLength;
    if (this.#pool === undefined && this.#bytes <= inlineBytes) {
      const { findings } = this.#decoder.examinePack(job.id, job.blobs, job.bytes);
      return { isSound: findings.length === 0, bytes: job.bytes };
    }
    const entry = new URL("./prove-thread.ts", import.meta.url);
    this.#pool ??= new ThreadPool({ entry, setup: this.#setup, threads: this.threads });
    const { buffer } = job.bytes;
    return this.#pool.run(job, buffer instanceof ArrayBuffer ? [buffer] : []);
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }
}
