import { dayMs, hourMs, minuteMs } from "@holdfast/base";
import fc from "fast-check";
import { expect, test } from "vitest";
import {
  firstDrillAfterMs,
  nextBackupAtMs,
  nextDrillAtMs,
  retryAfterMs,
  technologyAt,
  type History,
} from "./schedule.ts";

const seed = 20_612;
const spec = { backupEveryMinutes: 240, fullEveryDays: 30, drillEveryDays: 7 };
const never: History = { lastBeganAtMs: undefined, lastEndedAtMs: undefined, failuresInARow: 0 };

test("the first backup is due when the plan is bound", () => {
  expect(nextBackupAtMs(spec, never, 1000)).toBe(1000);
});

test("a backup is due one interval after the last one began, however long that one took", () => {
  const history = { lastBeganAtMs: 0, lastEndedAtMs: 3 * hourMs, failuresInARow: 0 };
  expect(nextBackupAtMs(spec, history, 0)).toBe(4 * hourMs);
});

test("what fails is tried again soon, then ever later, and never later than the interval", () => {
  const dueAfterMs = (failuresInARow: number) =>
    nextBackupAtMs(spec, { lastBeganAtMs: 0, lastEndedAtMs: minuteMs, failuresInARow }, 0) - minuteMs;
  expect([1, 2, 3, 4].map(dueAfterMs)).toEqual([1, 2, 4, 8].map((times) => times * retryAfterMs));
  expect(dueAfterMs(50) + minuteMs).toBe(4 * hourMs);
});

test("for every history, a backup is due at most one interval after the last began and never before it ended badly", () => {
  const history = fc
    .tuple(fc.nat(dayMs), fc.nat(dayMs), fc.nat(100))
    .map(([lastBeganAtMs, tookMs, failuresInARow]) => ({
      lastBeganAtMs,
      lastEndedAtMs: lastBeganAtMs + tookMs,
      failuresInARow,
    }));
  fc.assert(
    fc.property(history, fc.integer({ min: 5, max: 60 * 24 * 31 }), (past, backupEveryMinutes) => {
      const dueAtMs = nextBackupAtMs({ backupEveryMinutes }, past, 0);
      expect(dueAtMs).toBeLessThanOrEqual(past.lastBeganAtMs + backupEveryMinutes * minuteMs);
      const earliestMs = Math.min(past.lastBeganAtMs + backupEveryMinutes * minuteMs, past.lastEndedAtMs);
      expect(dueAtMs).toBeGreaterThanOrEqual(earliestMs);
      if (past.failuresInARow === 0) expect(dueAtMs).toBe(past.lastBeganAtMs + backupEveryMinutes * minuteMs);
    }),
    { seed, numRuns: 2000 },
  );
});

test("the first backup is full, then one after as many days as the plan says, counted from the last full one", () => {
  expect(technologyAt(spec, undefined, 0)).toBe("full");
  expect(technologyAt(spec, 0, 30 * dayMs - 1)).toBe("incremental");
  expect(technologyAt(spec, 0, 30 * dayMs)).toBe("full");
});

test("a drill is due soon after the first good backup, then as often as the plan says", () => {
  expect(nextDrillAtMs(spec, never, undefined)).toBeUndefined();
  expect(nextDrillAtMs(spec, never, 1000)).toBe(1000 + firstDrillAfterMs);
  const drilled = { lastBeganAtMs: 5000, lastEndedAtMs: 6000, failuresInARow: 0 };
  expect(nextDrillAtMs(spec, drilled, 1000)).toBe(5000 + 7 * dayMs);
  expect(nextDrillAtMs(spec, { ...drilled, failuresInARow: 1 }, 1000)).toBe(6000 + retryAfterMs);
});
