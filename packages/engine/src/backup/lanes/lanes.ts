import { setImmediate as nextTurn } from "node:timers/promises";
import { MessageChannel, type MessagePort } from "node:worker_threads";
import { assert } from "@holdfast/base";
import { BlobPacker, type FullPack, type UnfinishedPack } from "../../repository/blob-packer.ts";
import type { Repository } from "../../repository/repository.ts";
import type { SourceDirectory } from "../source.ts";
import { unpackFailure } from "../../threads/carried-failure.ts";
import { WorkerThread } from "../../threads/worker-thread.ts";
import { roomWord, stopWord, type FromLane, type LaneThreadSetup, type ToLane } from "./lane-messages.ts";
import { Lane, type LaneSettings } from "./lane.ts";
import type { LanesOptions } from "./lanes-options.ts";
import { LocalPlace } from "./local-place.ts";
import { runTask, type LanePlaces } from "./run-task.ts";
import type { LaneAnswers, LaneTask } from "./tasks.ts";

/** An answer, and the lane that gave it: what it keeps open, only it can close. */
export interface Answered<Kind extends LaneTask["kind"]> {
  readonly answer: LaneAnswers[Kind];
  readonly lane: number;
}

interface Job extends PromiseWithResolvers<Answered<LaneTask["kind"]>> {
  readonly task: LaneTask;
}

interface Thread {
  readonly worker: WorkerThread<ToLane, FromLane>;
  /** Takes memory of stored packs back; the thread looks for it when it needs some, not between its messages. */
  readonly spares: MessagePort;
  readonly running: Map<number, Job>;
  batches: number;
  readonly releases: number[];
  finished: ((leftovers: readonly UnfinishedPack[]) => void) | undefined;
}

/** Batches that a thread has at once: one that it works on, and one so that it need not wait for the next. */
const batchesMax = 2;
const batchTasksMax = 16;
/** Directories that wait before threads are worth their start. */
const startThreshold = 8;
/** A lane's garbage is small and dies young; the default lets three times as much of it lie about. */
const youngGenerationMiB = 16;
const ownLane = 0;
/** Steps of a task after which timers and messages get their turn. */
const turnSteps = 16;

/**
 * All lanes of a backup: hands tasks to threads, does in the calling thread what only it can do, and sees to it that
 * full packs get stored and that nobody makes more of them than memory has room for. After the first failure `run`
 * never answers again: `failure` says why.
 */
export class Lanes {
  readonly #repository: Repository;
  readonly #options: LanesOptions;
  readonly #settings: LaneSettings;
  readonly #own: Lane;
  readonly #ownPlaces: LanePlaces;
  readonly #signal: AbortSignal;
  readonly #onAbort = () => this.fail(this.#signal.reason);
  readonly #kept = new Map<number, SourceDirectory>();
  #lastHandle = 0;
  readonly #threads: Thread[] = [];
  readonly #control = new Int32Array(new SharedArrayBuffer(8));
  readonly #shareable: Job[] = [];
  readonly #ownJobs: Job[] = [];
  #isOwnBusy = false;
  #lastNumber = 0;
  /** Tasks without an answer. */
  readonly #jobs = new Set<Job>();
  readonly #storing = new Set<Promise<void>>();
  readonly #failure = Promise.withResolvers<never>();
  #isStopped = false;
  #isFinished = false;

  /**
   * @param repository its index is loaded, and nothing else is saved in it meanwhile
   * @param signal ends the lanes, and all writing of the session
   */
  constructor(repository: Repository, options: LanesOptions, signal: AbortSignal) {
    const { ignoredChanges, tellsItems, notesLooks, knownTrees, twin } = options;
    const { chunkerPolynomial, context, uploadsMax } = repository;
    this.#repository = repository;
    this.#options = options;
    this.#signal = signal;
    const hasPlaces = twin !== undefined;
    this.#settings = { chunkerPolynomial, ignoredChanges, hasPlaces, tellsItems, notesLooks, knownTrees };
    this.#own = new Lane(this.#settings, new BlobPacker(repository.packerSetup(), context.random), context.clock);
    this.#control[roomWord] = uploadsMax + options.threads;
    this.#failure.promise.catch(() => {}); // heard by whoever waits for an answer
    const door = () => {
      assert(options.door !== undefined, "a place was given by a source with a door");
      return options.door;
    };
    this.#ownPlaces = {
      directory: (place) => (place instanceof LocalPlace ? place.open() : door().directory(place)),
      file: (place) => door().file(place),
      keep: (directory) => {
        this.#lastHandle += 1;
        this.#kept.set(this.#lastHandle, directory);
        return this.#lastHandle;
      },
    };
    signal.addEventListener("abort", this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  /** How many tasks are worth having under way at once. */
  get tasksMax(): number {
    return Math.max(1, this.#options.threads) * batchesMax * batchTasksMax;
  }

  /**
   * Has a task done, by whichever lane can.
   * @throws the failure that ended the work of all lanes
   */
  run<Kind extends LaneTask["kind"]>(task: LaneTask & { kind: Kind }): Promise<Answered<Kind>> {
    if (this.#isStopped) return this.#failure.promise;
    const isShareable = this.#canShare && !("place" in task && task.place instanceof LocalPlace);
    const job: Job = { task, ...Promise.withResolvers<Answered<LaneTask["kind"]>>() };
    job.promise.catch(() => {}); // heard by whoever waits for it, if anybody still does
    this.#jobs.add(job);
    (isShareable ? this.#shareable : this.#ownJobs).push(job);
    this.#assign();
    return job.promise as Promise<Answered<Kind>>;
  }

  /** Lets a lane close what it kept open. */
  release(lane: number, handle: number): void {
    if (lane === ownLane) {
      this.#kept.get(handle)?.close();
      this.#kept.delete(handle);
    } else this.#threads[lane - 1]?.releases.push(handle);
  }

  /** Ends the lanes when all tasks are answered, and gives what they hold to the repository: `flush` comes next. */
  async finish(): Promise<void> {
    const leftovers = [...this.#own.packer.leftovers()];
    const ends = this.#threads.map(
      (thread) =>
        new Promise<readonly UnfinishedPack[]>((resolve) => {
          thread.finished = resolve;
          thread.worker.send({ kind: "finish" });
        }),
    );
    for (const more of await Promise.race([Promise.all(ends), this.#failure.promise])) leftovers.push(...more);
    while (this.#storing.size > 0) await Promise.race([...this.#storing, this.#failure.promise]);
    for (const unfinished of leftovers) await this.#repository.adopt(unfinished, this.#signal);
    this.#isFinished = true;
  }

  /** Ends all work; no file of it is open afterwards. */
  async close(): Promise<void> {
    this.#signal.removeEventListener("abort", this.#onAbort);
    this.fail(new Error("the backup has ended"));
    await Promise.all(this.#threads.map((thread) => thread.worker.close()));
    for (const thread of this.#threads) thread.spares.close();
    for (const directory of this.#kept.values()) directory.close();
    this.#kept.clear();
    await Promise.allSettled(this.#storing);
  }

  /** The first failure ends all lanes. */
  fail(error: unknown): void {
    if (this.#isStopped) return;
    this.#isStopped = true;
    if (!this.#isFinished) this.#repository.failWriting(error);
    Atomics.store(this.#control, stopWord, 1);
    Atomics.add(this.#control, roomWord, 1);
    Atomics.notify(this.#control, roomWord);
    this.#failure.reject(error);
    for (const job of this.#jobs) job.reject(error);
    this.#jobs.clear();
  }

  #answer(job: Job, answered: Answered<LaneTask["kind"]>): void {
    this.#jobs.delete(job);
    job.resolve(answered);
  }

  get #canShare(): boolean {
    return this.#options.threads > 0 && this.#options.twin !== undefined;
  }

  #assign(): void {
    if (this.#isStopped) return;
    if (this.#threads.length === 0 && this.#isWorthThreads) this.#start();
    for (const thread of this.#byLoad()) {
      while (thread.batches < batchesMax && this.#shareable.length > 0) this.#send(thread);
    }
    if (!this.#isOwnBusy) void this.#workHere();
  }

  /** Many directories, or a file that is large or one of many in its directory. */
  get #isWorthThreads(): boolean {
    const isLarge = ({ task }: Job) => task.kind === "scan" || task.kind === "files";
    return this.#shareable.length >= startThreshold || this.#shareable.some(isLarge);
  }

  #byLoad(): Thread[] {
    return this.#threads.toSorted((left, right) => left.running.size - right.running.size);
  }

  #send(thread: Thread): void {
    const share = Math.ceil(this.#shareable.length / (this.#threads.length * batchesMax));
    const jobs = this.#shareable.splice(0, Math.min(batchTasksMax, share));
    const tasks = jobs.map((job) => {
      this.#lastNumber += 1;
      thread.running.set(this.#lastNumber, job);
      return { number: this.#lastNumber, task: job.task };
    });
    thread.batches += 1;
    thread.worker.send({ kind: "work", tasks, releases: thread.releases.splice(0) });
  }

  /** Does what only this thread can do, and everything while there are no threads. */
  async #workHere(): Promise<void> {
    this.#isOwnBusy = true;
    try {
      for (;;) {
        const job = this.#ownJobs.shift() ?? (this.#threads.length === 0 ? this.#shareable.shift() : undefined);
        if (job === undefined || this.#isStopped) break;
        this.#answer(job, { answer: await this.#runHere(job.task), lane: ownLane });
        this.#options.onNews(this.#own.tally.take(), ownLane);
        await Promise.resolve(); // whoever waited for it may have more
      }
    } catch (error) {
      this.fail(error);
    } finally {
      this.#isOwnBusy = false;
    }
  }

  async #runHere(task: LaneTask): Promise<LaneAnswers[LaneTask["kind"]]> {
    const work = runTask(this.#own, this.#ownPlaces, task);
    let steps = 0;
    for (;;) {
      const step = work.next();
      if (step.done === true) return step.value;
      if (step.value !== undefined) {
        while (this.#control[roomWord]! <= 0) await Promise.race([...this.#storing, this.#failure.promise]);
        Atomics.sub(this.#control, roomWord, 1);
        this.#store(step.value, (memory) => this.#own.packer.spares.push(memory));
      } else if ((steps += 1) % turnSteps === 0) {
        this.#options.onNews(this.#own.tally.take(), ownLane);
        await nextTurn();
      }
      if (this.#isStopped) await this.#failure.promise;
    }
  }

  /** @param giveBack gets the pack's memory when it is stored */
  #store(full: FullPack, giveBack: (memory: SharedArrayBuffer) => void): void {
    const storing = this.#repository
      .storePack(full.type, full.pack, this.#signal)
      .catch((error: unknown) => this.fail(error))
      .then(() => {
        if (!this.#isStopped) giveBack(full.pack.bytes.buffer as SharedArrayBuffer);
        this.#storing.delete(storing);
        Atomics.add(this.#control, roomWord, 1);
        Atomics.notify(this.#control, roomWord);
      });
    this.#storing.add(storing);
  }

  #start(): void {
    const { twin, threads } = this.#options;
    assert(twin !== undefined, "only a source with a twin is shared");
    const packer = this.#repository.packerSetup();
    for (let lane = 1; lane <= threads; lane += 1) {
      const { port1, port2 } = new MessageChannel();
      const setup: LaneThreadSetup = { settings: this.#settings, packer, twin, control: this.#control, spares: port2 };
      const worker = new WorkerThread<ToLane, FromLane>({
        entry: new URL("./lane-thread.ts", import.meta.url),
        setup,
        youngGenerationMiB,
        worker: { transferList: [port2], trackUnmanagedFds: false },
        onMessage: (message) => this.#hear(message, thread, lane),
        onFailure: (error) => this.fail(error),
      });
      const thread: Thread = {
        worker,
        spares: port1,
        running: new Map(),
        batches: 0,
        releases: [],
        finished: undefined,
      };
      this.#threads.push(thread);
    }
  }

  #hear(message: FromLane, thread: Thread, lane: number): void {
    switch (message.kind) {
      case "news":
        return this.#options.onNews(message.news, lane);
      case "pack":
        return this.#store(message.full, (memory) => thread.spares.postMessage(memory));
      case "finished":
        return thread.finished?.(message.leftovers);
      case "failed":
        return this.fail(unpackFailure(message.failure));
      case "answers":
        this.#options.onNews(message.news, lane);
        thread.batches -= 1;
        for (const { number, answer } of message.answers) {
          const job = thread.running.get(number);
          thread.running.delete(number);
          if (job !== undefined) this.#answer(job, { answer, lane });
        }
        this.#assign();
    }
  }
}
