import { HoldfastError, silentLog, systemClock, type ErrorEntry } from "@holdfast/base";
import {
  faultyStorage,
  manualClock,
  seededRandom,
  storageConformance,
  type Fault,
  type StorageOperation,
} from "@holdfast/testkit";
import { expect, test } from "vitest";
import { storageErrors } from "./errors.ts";
import { memoryStorage } from "./memory-storage.ts";
import { metered, newStorageCounters } from "./metered.ts";
import { retrying } from "./retrying.ts";
import type { FileHandle } from "./storage.ts";

storageConformance("a retrying, metered storage", async () =>
  retrying(metered(memoryStorage(), newStorageCounters()), {
    clock: systemClock,
    random: seededRandom(1),
    log: silentLog,
  }),
);

const bytes = seededRandom(5).bytes(10_000);
const pack: FileHandle = { type: "pack", name: "ab".repeat(32) };
const config: FileHandle = { type: "config", name: "" };
const errorOf = (entry: ErrorEntry) => new HoldfastError(entry, "as the test told it to");

/** A storage that holds `pack`, or nothing, under the faults of `plan`. */
async function fixture(plan: readonly Fault[], options: { isEmpty?: boolean; budgetMs?: number } = {}) {
  const inner = memoryStorage();
  if (options.isEmpty !== true) await inner.write(pack, bytes);
  const faulty = faultyStorage(inner, plan);
  const clock = manualClock({ sleepsPass: true });
  const storage = retrying(faulty, { clock, random: seededRandom(9), log: silentLog, budgetMs: options.budgetMs });
  return { storage, faulty, clock };
}

test("every call is made again until it succeeds", async () => {
  const operations: StorageOperation[] = ["create", "stat", "read", "stream", "remove", "list"];
  for (const operation of operations) {
    const { storage, faulty, clock } = await fixture([{ operation, how: "fail", times: 3 }]);
    const call = {
      create: () => storage.create(),
      stat: () => storage.stat(pack),
      read: () => storage.read(pack),
      stream: () => Array.fromAsync(storage.stream(pack)),
      write: () => storage.write(pack, bytes),
      remove: () => storage.remove(pack),
      list: () => Array.fromAsync(storage.list("pack")),
    }[operation];
    await call();
    expect(faulty.hits).toBe(3);
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(500 + 1000 + 2000);
    expect(clock.monotonicMs()).toBeLessThanOrEqual(1000 + 2000 + 4000);
  }
});

test("what will not pass is not tried again", async () => {
  for (const entry of [
    storageErrors.missing,
    storageErrors.denied,
    storageErrors.shortRead,
    storageErrors.full,
    storageErrors.untrusted,
  ]) {
    const { storage, faulty } = await fixture([
      { operation: "read", how: "fail", times: Infinity, error: errorOf(entry) },
    ]);
    await expect(storage.read(pack)).rejects.toMatchObject({ code: entry.code });
    expect(faulty.hits).toBe(1);
  }
});

test("a storage that does not come back fails with its own error when the time is up", async () => {
  const { storage, faulty, clock } = await fixture([{ operation: "read", how: "fail", times: Infinity }]);
  await expect(storage.read(pack)).rejects.toMatchObject({ code: storageErrors.unreachable.code });
  expect(clock.monotonicMs()).toBeLessThanOrEqual(15 * 60_000);
  expect(clock.monotonicMs()).toBeGreaterThan(13 * 60_000);
  expect(faulty.hits).toBeLessThan(40);
});

test("without a budget a call is tried once", async () => {
  const { storage, faulty } = await fixture([{ operation: "read", how: "fail" }], { budgetMs: 0 });
  await expect(storage.read(pack)).rejects.toMatchObject({ code: storageErrors.unreachable.code });
  expect(faulty.hits).toBe(1);
});

test("a write whose answer was lost counts as stored, and is not sent twice", async () => {
  const { storage, faulty } = await fixture([{ operation: "write", how: "fail-after" }], { isEmpty: true });
  await storage.write(pack, bytes);
  expect(faulty.calls.map((call) => call.operation)).toEqual(["write", "stat"]);
  expect(await storage.read(pack)).toEqual(bytes);
});

test("a lost answer about a body that cannot be sent again is recognised as well", async () => {
  const { storage } = await fixture([{ operation: "write", how: "fail-after" }], { isEmpty: true });
  const once = (async function* () {
    yield bytes;
  })();
  await storage.write(pack, { sizeBytes: bytes.length, pieces: once });
});

test("a body that cannot be sent again is not sent half", async () => {
  const { storage, faulty } = await fixture([{ operation: "write", how: "fail" }], { isEmpty: true });
  const once = (async function* () {
    yield bytes;
  })();
  await expect(storage.write(pack, { sizeBytes: bytes.length, pieces: once })).rejects.toMatchObject({
    code: storageErrors.unreachable.code,
  });
  expect(faulty.calls.filter((call) => call.operation === "write")).toHaveLength(1);
});

test("half a file that a failed write left behind is cleared away and written whole", async () => {
  const inner = memoryStorage();
  const faulty = faultyStorage(
    { ...metered(inner, newStorageCounters()), properties: { connectionsMax: 1, hasAtomicWrite: false } },
    [{ operation: "write", how: "break-off" }],
  );
  const clock = manualClock({ sleepsPass: true });
  const storage = retrying(faulty, { clock, random: seededRandom(9), log: silentLog });
  await storage.write(pack, bytes);
  expect(faulty.hits).toBe(1);
  expect(await storage.read(pack)).toEqual(bytes);
});

test("for the config a lost answer stays a conflict: another config of this size may be there", async () => {
  const { storage } = await fixture([{ operation: "write", how: "fail-after" }], { isEmpty: true });
  await expect(storage.write(config, bytes)).rejects.toMatchObject({ code: storageErrors.exists.code });
});

test("a first write of what exists is a conflict", async () => {
  const { storage } = await fixture([]);
  await expect(storage.write(pack, bytes)).rejects.toMatchObject({ code: storageErrors.exists.code });
});

test("a stream goes on where it broke off, and gives every byte once", async () => {
  for (const range of [undefined, { offset: 100, length: 7000 }]) {
    const { storage, faulty } = await fixture([{ operation: "stream", how: "break-off", times: 4 }]);
    const pieces = await Array.fromAsync(storage.stream(pack, range));
    const wanted = range === undefined ? bytes : bytes.subarray(range.offset, range.offset + range.length);
    expect(Buffer.compare(Buffer.concat(pieces), wanted)).toBe(0);
    expect(faulty.hits).toBe(4);
  }
});

test("a listing that broke off gives every file once", async () => {
  const { storage, faulty } = await fixture([{ operation: "list", how: "break-off", times: 2 }]);
  const names = ["cd", "ef", "01", "23"].map((digits) => digits.repeat(32));
  for (const name of names) await storage.write({ type: "pack", name }, bytes);
  const found = await Array.fromAsync(storage.list("pack"));
  expect(found.map((entry) => entry.name).sort()).toEqual([pack.name, ...names].sort());
  expect(faulty.hits).toBe(2);
});

test("an abort ends the waiting with the signal's reason", async () => {
  const faulty = faultyStorage(memoryStorage(), [{ operation: "read", how: "fail", times: Infinity }]);
  const clock = manualClock();
  const storage = retrying(faulty, { clock, random: seededRandom(9), log: silentLog });
  const abort = new AbortController();
  const reading = storage.read(pack, undefined, abort.signal);
  while (clock.sleepers === 0) await Promise.resolve();
  const reason = new Error("the user pressed Ctrl-C");
  abort.abort(reason);
  await expect(reading).rejects.toBe(reason);
});

test("the meter counts calls and bytes that went through", async () => {
  const counters = newStorageCounters();
  const storage = metered(memoryStorage(), counters);
  await storage.write(pack, bytes);
  await storage.read(pack, { offset: 0, length: 10 });
  await Array.fromAsync(storage.stream(pack));
  await Array.fromAsync(storage.list("pack"));
  await storage.remove(pack);
  expect(counters).toEqual({ reads: 2, writes: 1, removals: 1, listings: 1, readBytes: 10_010, writtenBytes: 10_000 });
});
