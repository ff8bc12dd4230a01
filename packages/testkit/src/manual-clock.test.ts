import { expect, test } from "vitest";
import { manualClock } from "./manual-clock.ts";

test("sleepers wake in their order, when their time has come and not before", async () => {
  const clock = manualClock();
  const woken: number[] = [];
  for (const ms of [300, 100, 200]) void clock.sleep(ms).then(() => woken.push(ms));
  clock.advanceMs(99);
  await Promise.resolve();
  expect([woken, clock.sleepers]).toEqual([[], 3]);
  clock.advanceMs(101);
  await Promise.resolve();
  expect([woken, clock.sleepers]).toEqual([[100, 200], 1]);
});

test("an abort wakes a sleeper with the signal's reason", async () => {
  const clock = manualClock();
  const abort = new AbortController();
  const sleeping = clock.sleep(100, abort.signal);
  const reason = new Error("enough");
  abort.abort(reason);
  await expect(sleeping).rejects.toBe(reason);
  await expect(clock.sleep(100, abort.signal)).rejects.toBe(reason);
  expect(clock.sleepers).toBe(0);
});

test("setting the wall clock leaves durations alone", () => {
  const clock = manualClock({ nowMs: 5000 });
  clock.advanceMs(10);
  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([5010, 10]);
  clock.setNowMs(1000);
  clock.advanceMs(5);
  expect([clock.nowMs(), clock.monotonicMs()]).toEqual([1005, 15]);
});
