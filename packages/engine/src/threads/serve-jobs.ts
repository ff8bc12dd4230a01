import { parentPort, workerData } from "node:worker_threads";
import { assert } from "@holdfast/base";
import { packFailure } from "./carried-failure.ts";
import type { AnswerMessage, JobMessage } from "./thread-messages.ts";

/**
 * Does one job in the thread that it is called in, with calls that wait: nobody else is kept from anything.
 * @param handOver takes buffers that go to the caller without being copied, and are gone from here
 */
export type JobHandler<Job, Result> = (job: Job, handOver: (buffer: ArrayBuffer) => void) => Result;

/**
 * The whole of a thread's entry file: makes the handler from the pool's setup and answers jobs until the pool closes.
 * What the handler throws rejects that job alone.
 */
export function serveJobs<Job, Result>(begin: (setup: unknown) => JobHandler<Job, Result>): void {
  const port = parentPort;
  assert(port !== null, "jobs are served in a thread of a pool");
  const handle = begin(workerData);
  port.on("message", ({ number, job }: JobMessage<Job>) => {
    const handedOver: ArrayBuffer[] = [];
    let answer: AnswerMessage<Result>;
    try {
      answer = { number, result: handle(job, (buffer) => handedOver.push(buffer)) };
    } catch (error) {
      answer = { number, failure: packFailure(error) };
    }
    port.postMessage(answer, handedOver);
  });
}
