import { availableParallelism } from "node:os";
import { MiB } from "@holdfast/base";
import { ThreadPool } from "../threads/thread-pool.ts";
import { EntryWriter } from "./entry-writer.ts";
import type { RestoreAnswer, RestoreJob, WriterSetup } from "./restore-job.ts";

const threadsMax = 8;
/** A thread takes as long to start as this to decode and write; who restores less needs none. */
const inlineBytes = 8 * MiB;
const inlineEntries = 1000;

/** Does the jobs of a restore: the first few in the calling thread, so that a small restore starts no other. */
export class Crew {
  readonly threads: number;
  readonly #setup: WriterSetup;
  readonly #writer: EntryWriter;
  #pool: ThreadPool<WriterSetup, RestoreJob, RestoreAnswer> | undefined;
  #bytes = 0;
  #entries = 0;

  /** @param threads 0: everything is done in the calling thread; default: one for each processor */
  constructor(setup: WriterSetup, threads: number = Math.min(threadsMax, availableParallelism())) {
    this.threads = threads;
    this.#setup = setup;
    this.#writer = new EntryWriter(setup);
  }

  /** @throws only what is a bug */
  async run(job: RestoreJob): Promise<RestoreAnswer> {
    if (job.do === "write") {
      this.#entries += job.entries.length;
      for (const { byteLength } of job.segments) this.#bytes += byteLength;
    } else for (const { lengths } of job.files) for (const length of lengths) this.#bytes += length;
    const isSmall = this.#pool === undefined && this.#bytes <= inlineBytes && this.#entries <= inlineEntries;
    if (this.threads === 0 || isSmall) return this.#writer.carryOut(job);
    const entry = new URL("./restore-thread.ts", import.meta.url);
    this.#pool ??= new ThreadPool({ entry, setup: this.#setup, threads: this.threads });
    return this.#pool.run(job, job.do === "write" ? buffersOf(job.segments) : []);
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }
}

/** What can be moved instead of copied: arrays that are their buffer's only user. */
function buffersOf(segments: readonly Uint8Array[]): ArrayBuffer[] {
  const buffers = new Set<ArrayBuffer>();
  for (const { buffer, byteLength } of segments)
    if (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength) buffers.add(buffer);
  return [...buffers];
}
