import { KiB, systemClock } from "@holdfast/base";
import { manualClock, storageConformance } from "@holdfast/testkit";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { limited } from "./limited.ts";
import { memoryStorage } from "./memory-storage.ts";
import type { FileHandle } from "./storage.ts";

const fast = { uploadBytesPerSecond: 1e12, downloadBytesPerSecond: 1e12 };
storageConformance("limited storage", async () => limited(memoryStorage(), fast, systemClock));

const pack = (digit: string): FileHandle => ({ type: "pack", name: digit.repeat(64) });

/** How long some work takes on a clock that only moves while somebody waits. */
async function durationMs(clock: ReturnType<typeof manualClock>, work: Promise<unknown>): Promise<number> {
  const startedMs = clock.monotonicMs();
  let isDone = false;
  const done = work.finally(() => (isDone = true));
  for (;;) {
    await nextTurn();
    if (isDone) break;
    if (clock.sleepers > 0) clock.advanceMs(10);
  }
  await done;
  return clock.monotonicMs() - startedMs;
}

describe("contents go at the pace that was asked for", () => {
  const limits = { uploadBytesPerSecond: 100 * KiB, downloadBytesPerSecond: 200 * KiB };
  const mebibyte = new Uint8Array(1024 * KiB);

  test("one after the other and side by side", async () => {
    const clock = manualClock();
    const storage = limited(memoryStorage(), limits, clock);
    const writes = ["a", "b", "c"].map((digit) => storage.write(pack(digit), mebibyte));
    expect((await durationMs(clock, Promise.all(writes))) / 1000).toBeCloseTo(30.72, 0);
    expect((await durationMs(clock, storage.read(pack("a")))) / 1000).toBeCloseTo(5.12, 0);
    const range = { offset: 0, length: 200 * KiB };
    expect((await durationMs(clock, Array.fromAsync(storage.stream(pack("b"), range)))) / 1000).toBeCloseTo(1, 0);
  });

  test("each way by itself, and not at all where no limit is set", async () => {
    const clock = manualClock();
    const storage = limited(memoryStorage(), { downloadBytesPerSecond: 1 }, clock);
    expect(await durationMs(clock, storage.write(pack("a"), mebibyte))).toBe(0);
  });

  test("but never a lock", async () => {
    const clock = manualClock();
    const storage = limited(memoryStorage(), { uploadBytesPerSecond: 1, downloadBytesPerSecond: 1 }, clock);
    const lock: FileHandle = { type: "lock", name: "e".repeat(64) };
    expect(
      await durationMs(
        clock,
        storage.write(lock, mebibyte).then(() => storage.read(lock)),
      ),
    ).toBe(0);
  });

  test("and whoever gives up does not wait any longer", async () => {
    const clock = manualClock();
    const stop = new AbortController();
    const storage = limited(memoryStorage(), { uploadBytesPerSecond: 1 }, clock);
    const writing = storage.write(pack("a"), mebibyte, stop.signal);
    stop.abort(new Error("enough"));
    await expect(writing).rejects.toThrow("enough");
    await expect(storage.stat(pack("a"))).rejects.toThrow(expect.objectContaining({ code: "STORAGE_MISSING" }));
  });
});
