import { availableParallelism } from "node:os";
import { assert } from "@holdfast/base";
import type { PackReading } from "../pack/pack-reading.ts";
import { Decoder } from "../repository/decoder.ts";
import type { Repository } from "../repository/repository.ts";
import { ThreadPool } from "../threads/thread-pool.ts";
import type { CheckAnswer, CheckJob, PackJob } from "./check-thread.ts";
import { soundTrees, type TreeJob } from "./sound-trees.ts";

const threadsMax = 8;

/** The threads of a check, which decode and prove what others read. They start with the first job. */
export class CheckThreads {
  readonly count: number;
  readonly #repository: Repository;
  #pool: ThreadPool<Uint8Array, CheckJob, CheckAnswer> | undefined;
  #decoder: Decoder | undefined;

  /** @param count 0: none but the calling one; default: one for each processor */
  constructor(repository: Repository, count: number = Math.min(threadsMax, availableParallelism())) {
    this.#repository = repository;
    this.count = count;
  }

  /** Proves a pack; its bytes are gone from here. */
  async prove(pack: PackJob): Promise<PackReading> {
    const reading = await this.#run({ pack }, pack.bytes);
    assert(!(reading instanceof Uint32Array), "a pack is answered with its reading");
    return reading;
  }

  /** Looks at listings, see `soundTrees`; their bytes are gone from here. */
  async lookAt(trees: TreeJob): Promise<Uint32Array> {
    const sound = await this.#run({ trees }, trees.bytes);
    assert(sound instanceof Uint32Array, "listings are answered with those that are sound");
    return sound;
  }

  /** As `lookAt`, in the calling thread. */
  lookHere(trees: TreeJob): Uint32Array {
    this.#decoder ??= new Decoder(this.#repository.secretForThreads());
    return soundTrees(this.#decoder, trees);
  }

  async close(): Promise<void> {
    await this.#pool?.close();
  }

  #run(job: CheckJob, { buffer, byteLength }: Uint8Array): Promise<CheckAnswer> {
    const entry = new URL("./check-thread.ts", import.meta.url);
    this.#pool ??= new ThreadPool({ entry, setup: this.#repository.secretForThreads(), threads: this.count });
    const isAlone = buffer instanceof ArrayBuffer && buffer.byteLength === byteLength;
    return this.#pool.run(job, isAlone ? [buffer] : []);
  }
}
