import { parentPort, workerData } from "node:worker_threads";
import { SharedBlobSet, type SharedBlobSetHandle } from "./shared-blob-set.ts";

/** What a thread of the test is to do: claim these ids in this order, each a number of 32 bytes. */
export interface ClaimingTask {
  readonly handle: SharedBlobSetHandle;
  /** Ids back to back, shared by all threads. */
  readonly ids: Uint8Array;
  readonly order: Uint32Array;
  /** Set to 1 when all threads are to begin. */
  readonly gate: Int32Array<SharedArrayBuffer>;
}

const { handle, ids, order, gate } = workerData as ClaimingTask;
const set = SharedBlobSet.attach(handle);
parentPort!.postMessage("ready");
Atomics.wait(gate, 0, 0);
const claimed: number[] = [];
let unseen = 0;
for (const number of order) {
  if (set.claim("data", ids, number * 32)) claimed.push(number);
  if (!set.has("data", ids, number * 32)) unseen += 1;
}
parentPort!.postMessage({ claimed, unseen });
