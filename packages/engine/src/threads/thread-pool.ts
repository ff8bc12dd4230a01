import { assert } from "@holdfast/base";
import { unpackFailure } from "./carried-failure.ts";
import type { AnswerMessage, JobMessage } from "./thread-messages.ts";
import { WorkerThread } from "./worker-thread.ts";

export interface ThreadPoolOptions<Setup> {
  /** The file that calls `serveJobs`, as `new URL("./x-thread.ts", import.meta.url)`. */
  readonly entry: URL;
  /** Copied into each thread's memory; secrets in it show in no list of processes. */
  readonly setup: Setup;
  /** At least 1. */
  readonly threads: number;
}

/** One job being done and one waiting for it: more would only lie in a queue that others could take from. */
const jobsPerThread = 2;

const youngGenerationMiB = 6;

interface Waiting<Job, Result> {
  readonly job: Job;
  readonly handedOver: readonly ArrayBuffer[];
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

interface Thread<Job, Result> {
  readonly worker: WorkerThread<JobMessage<Job>, AnswerMessage<Result>>;
  readonly running: Map<number, Waiting<Job, Result>>;
}

/**
 * Threads that do jobs of one kind. A message costs as much as a small file, so a job should be worth a millisecond:
 * callers batch. Threads start with the first jobs and never keep the process alive once there is nothing to do.
 */
export class ThreadPool<Setup, Job, Result> {
  readonly threads: number;
  readonly #options: ThreadPoolOptions<Setup>;
  readonly #started: Thread<Job, Result>[] = [];
  readonly #waiting: Waiting<Job, Result>[] = [];
  #lastNumber = 0;
  #failure: Error | undefined;
  #isClosed = false;

  constructor(options: ThreadPoolOptions<Setup>) {
    assert(options.threads >= 1, "a pool has a thread");
    this.threads = options.threads;
    this.#options = options;
  }

  /**
   * Has a job done by the thread with the least to do. Jobs start in the order they came and may end in any.
   * @param handedOver buffers inside `job` that are moved instead of copied, and are gone from here
   * @throws what the handler threw; when a thread died, why it did, for its jobs and all later ones
   */
  run(job: Job, handedOver: readonly ArrayBuffer[] = []): Promise<Result> {
    assert(!this.#isClosed, "a closed pool takes no jobs");
    if (this.#failure !== undefined) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#waiting.push({ job, handedOver, resolve, reject });
      this.#assign();
    });
  }

  /** Ends the threads, after what each is doing this moment; jobs without an answer are rejected. */
  async close(): Promise<void> {
    this.#isClosed = true;
    const threads = this.#started.splice(0);
    this.#rejectAll(threads, new Error("the threads were stopped"));
    await Promise.all(threads.map(({ worker }) => worker.close()));
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const thread = this.#leastBusy();
      if (thread === undefined) return;
      const next = this.#waiting.shift()!;
      this.#lastNumber += 1;
      if (thread.running.size === 0) thread.worker.isAwaited = true;
      thread.running.set(this.#lastNumber, next);
      thread.worker.send({ number: this.#lastNumber, job: next.job }, next.handedOver);
    }
  }

  #leastBusy(): Thread<Job, Result> | undefined {
    let least: Thread<Job, Result> | undefined;
    for (const thread of this.#started)
      if (least === undefined || thread.running.size < least.running.size) least = thread;
    if ((least === undefined || least.running.size > 0) && this.#started.length < this.threads) return this.#start();
    return least !== undefined && least.running.size < jobsPerThread ? least : undefined;
  }

  #start(): Thread<Job, Result> {
    const { entry, setup } = this.#options;
    const worker: Thread<Job, Result>["worker"] = new WorkerThread({
      entry,
      setup,
      youngGenerationMiB,
      onMessage: (answer) => this.#answered(thread, answer),
      onFailure: (error) => this.#fail(error),
    });
    worker.isAwaited = false;
    const thread: Thread<Job, Result> = { worker, running: new Map() };
    this.#started.push(thread);
    return thread;
  }

  #answered(thread: Thread<Job, Result>, answer: AnswerMessage<Result>): void {
    const job = thread.running.get(answer.number);
    if (job === undefined) return; // the pool was closed meanwhile
    thread.running.delete(answer.number);
    this.#assign();
    if (thread.running.size === 0) thread.worker.isAwaited = false;
    if ("result" in answer) job.resolve(answer.result);
    else job.reject(unpackFailure(answer.failure));
  }

  #fail(error: Error): void {
    this.#failure ??= error;
    this.#rejectAll(this.#started, this.#failure);
  }

  #rejectAll(threads: readonly Thread<Job, Result>[], reason: Error): void {
    for (const { running } of threads) {
      for (const job of running.values()) job.reject(reason);
      running.clear();
    }
    for (const job of this.#waiting.splice(0)) job.reject(reason);
  }
}
