import { messageOf, minuteMs, type Clock, type Log } from "@holdfast/base";

/** One reconciler: what it is called, how often it runs, and what it does, which takes no input and may run twice. */
export interface Task {
  readonly name: string;
  readonly everyMs: number;
  run(): Promise<void>;
}

const slowMs = minuteMs;

/**
 * Runs each task now and then every so often, one round of it at a time. A round that fails is logged and the next one
 * comes as if nothing had happened.
 * @returns stops them and waits for the rounds under way
 */
export function runTasks(tasks: readonly Task[], clock: Clock, log: Log): () => Promise<void> {
  const stopping = new AbortController();
  const running = tasks.map(async (task) => {
    while (!stopping.signal.aborted) {
      const beganMs = clock.monotonicMs();
      await task.run().catch((error: unknown) => {
        log.error("a task failed", { task: task.name, because: messageOf(error) });
      });
      const tookMs = clock.monotonicMs() - beganMs;
      if (tookMs > slowMs) log.warn("a task is slow", { task: task.name, tookMs: Math.round(tookMs) });
      await clock.sleep(task.everyMs, stopping.signal).catch(() => {}); // stopped: the loop ends
    }
  });
  return async () => {
    stopping.abort();
    await Promise.all(running);
  };
}
