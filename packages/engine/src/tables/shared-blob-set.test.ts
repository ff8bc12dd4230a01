import { once } from "node:events";
import { Worker } from "node:worker_threads";
import { toHex } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import { expect, test } from "vitest";
import type { Id } from "../id.ts";
import type { ClaimingTask } from "./claiming-thread-fixture.ts";
import { SharedBlobSet } from "./shared-blob-set.ts";
import { SharedIdSet } from "./shared-id-set.ts";

const threads = 4;

/** Ids back to back in shared memory; `alike` of them begin with the same word as others. */
function sharedIds(seed: string, count: number, alike: number): Uint8Array {
  const random = seededRandom(seed);
  const ids = new Uint8Array(new SharedArrayBuffer(count * 32));
  for (let id = 0; id < count; id += 1) {
    ids.set(random.bytes(32), id * 32);
    if (id < alike) ids.fill(id % 3 === 0 ? 0 : 0xff, id * 32, id * 32 + 6);
  }
  return ids;
}

/** 0 … count - 1, shuffled. */
function shuffled(seed: string, count: number): Uint32Array {
  const words = new Uint32Array(
    seededRandom(seed)
      .bytes(count * 4)
      .slice().buffer,
  );
  const order = Uint32Array.from({ length: count }, (_, number) => number);
  for (let at = count - 1; at > 0; at -= 1) {
    const other = words[at]! % (at + 1);
    [order[at], order[other]] = [order[other]!, order[at]!];
  }
  return order;
}

test.each([
  ["all threads in the same order", "same"],
  ["each thread in its own order", "own"],
])("of threads that claim the same ids, exactly one gets each: %s", { timeout: 20_000 }, async (_, kind) => {
  const count = 30_000;
  const ids = sharedIds(`claims ${kind}`, count, 300);
  const set = SharedBlobSet.create(); // small: it doubles several times under way
  const known = 1000;
  for (let id = 0; id < known; id += 1) set.add("data", ids, id * 32);
  const gate = new Int32Array(new SharedArrayBuffer(4));
  const workers = Array.from({ length: threads }, (_unused, thread) => {
    const order = shuffled(kind === "own" ? `order ${thread}` : "order", count);
    const task: ClaimingTask = { handle: set.handle, ids, order, gate };
    return new Worker(new URL("./claiming-thread-fixture.ts", import.meta.url), { workerData: task });
  });
  await Promise.all(workers.map((worker) => once(worker, "message")));
  const answers = workers.map((worker) => once(worker, "message"));
  Atomics.store(gate, 0, 1);
  Atomics.notify(gate, 0);
  const timesClaimed = new Uint8Array(count);
  for (const [answer] of (await Promise.all(answers)) as [{ claimed: number[]; unseen: number }][]) {
    expect(answer.unseen).toBe(0); // what a thread claimed or lost, it sees
    for (const number of answer.claimed) timesClaimed[number]! += 1;
  }
  expect(timesClaimed.subarray(0, known).every((times) => times === 0)).toBe(true);
  expect(timesClaimed.subarray(known).every((times) => times === 1)).toBe(true);
  for (let id = 0; id < count; id += 1) expect(set.has("data", ids, id * 32)).toBe(true);
  expect(set.ids.data.size - count).toBeLessThanOrEqual(threads);
});

test("ids are numbered as they come, found again, and nothing else is (seed 3)", () => {
  const random = seededRandom(3);
  const set = SharedIdSet.create();
  const known = new Map<Id, number>();
  for (let round = 0; round < 40_000; round += 1) {
    const bytes = random.bytes(32);
    if (round % 3 === 0) bytes.fill(round % 256, 0, 31); // much alike, with equal beginnings
    const id = toHex(bytes) as Id;
    const number = round % 2 === 0 ? set.add(id) : set.addBytes(bytes);
    expect(number).toBe(known.get(id) ?? known.size);
    known.set(id, number);
  }
  expect(set.size).toBe(known.size);
  for (const [id, number] of known) {
    expect(set.find(id)).toBe(number);
    expect(set.at(number)).toBe(id);
  }
  for (let round = 0; round < 1000; round += 1) expect(set.findBytes(random.bytes(32))).toBe(-1);
});

test("an id that differs in its last bit only is another one, and a tree is not the data of the same id", () => {
  const set = SharedBlobSet.create(100_000);
  const id = seededRandom("one id").bytes(48);
  expect(set.claim("data", id, 16)).toBe(true);
  expect(set.claim("data", id.slice(16))).toBe(false);
  expect(set.has("tree", id, 16)).toBe(false);
  expect(set.claim("tree", id, 16)).toBe(true);
  id[47]! ^= 1;
  expect(set.has("data", id, 16)).toBe(false);
});

test("what one view adds, another sees at once, however much both grow", () => {
  const ours = SharedIdSet.create();
  const theirs = SharedIdSet.attach(ours.handle);
  const random = seededRandom("two views");
  for (let round = 0; round < 20_000; round += 1) {
    const id = random.bytes(32);
    const [writer, reader] = round % 2 === 0 ? [ours, theirs] : [theirs, ours];
    expect(writer.claim(id)).toBe(true);
    expect(reader.findBytes(id)).toBe(round);
  }
});
