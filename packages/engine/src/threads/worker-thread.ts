import { Worker, type WorkerOptions } from "node:worker_threads";

export interface WorkerThreadOptions<Heard> {
  /** As `new URL("./x-thread.ts", import.meta.url)`. */
  readonly entry: URL;
  /** Copied into the thread's memory; secrets in it show in no list of processes. */
  readonly setup: unknown;
  /** For its garbage: what a thread works on lies outside its heap, so more threads need not mean much more memory. */
  readonly youngGenerationMiB: number;
  readonly worker?: Pick<WorkerOptions, "transferList" | "trackUnmanagedFds">;
  readonly onMessage: (message: Heard) => void;
  /** Hears of what ends the thread before it is closed, perhaps twice. */
  readonly onFailure: (error: Error) => void;
}

/** A thread from its start to its end. What it is for, its owner knows. */
export class WorkerThread<Sent, Heard> {
  readonly #worker: Worker;
  #isClosed = false;

  constructor({ entry, setup, youngGenerationMiB, worker, onMessage, onFailure }: WorkerThreadOptions<Heard>) {
    const resourceLimits = { maxYoungGenerationSizeMb: youngGenerationMiB };
    this.#worker = new Worker(entry, { ...worker, workerData: setup, resourceLimits });
    this.#worker.on("message", onMessage);
    this.#worker.on("error", (error) => onFailure(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on("exit", (code) => {
      if (!this.#isClosed) onFailure(new Error(`a thread ended by itself with code ${code}`));
    });
  }

  /** @param handedOver buffers inside `message` that are moved instead of copied, and are gone from here */
  send(message: Sent, handedOver: readonly ArrayBuffer[] = []): void {
    this.#worker.postMessage(message, handedOver);
  }

  /** Whether it keeps the process alive; true at first. */
  set isAwaited(isAwaited: boolean) {
    if (isAwaited) this.#worker.ref();
    else this.#worker.unref();
  }

  /** Ends it after what it is doing this moment. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#worker.terminate();
  }
}
