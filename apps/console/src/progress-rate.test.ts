import { expect, test } from "vitest";
import { nextRate, progressShare, remainingMs, type ProgressRate } from "./progress-rate.ts";

function after(looks: readonly (readonly [atMs: number, bytesDone: number])[]): ProgressRate | undefined {
  return looks.reduce<ProgressRate | undefined>((rate, [atMs, bytes]) => nextRate(rate, atMs, bytes), undefined);
}

test("a steady run shows its speed and the time that is left", () => {
  const rate = after([
    [0, 0],
    [1000, 5000],
    [2000, 10_000],
  ]);
  expect(rate?.bytesPerSecond).toBeCloseTo(5000);
  expect(remainingMs(rate, 60_000)).toBeCloseTo(10_000);
});

test("nothing is promised from one look, from a standstill, or without a total", () => {
  expect(remainingMs(after([[0, 10]]), 100)).toBeUndefined();
  expect(
    remainingMs(
      after([
        [0, 10],
        [1000, 10],
      ]),
      100,
    ),
  ).toBeUndefined();
  expect(
    remainingMs(
      after([
        [0, 0],
        [1000, 10],
      ]),
      undefined,
    ),
  ).toBeUndefined();
  expect(remainingMs(undefined, 100)).toBeUndefined();
});

test("a burst of messages does not make the speed jump", () => {
  const rate = after([
    [0, 0],
    [1000, 1000],
    [1001, 500_000],
  ]);
  expect(rate?.bytesPerSecond).toBe(1000);
});

test("a run that begins again is measured afresh", () => {
  expect(
    after([
      [0, 9000],
      [1000, 9900],
      [2000, 10],
    ]),
  ).toEqual({ atMs: 2000, bytesDone: 10, bytesPerSecond: undefined });
});

test("a speed that changes is followed, not jumped to", () => {
  const rate = after([
    [0, 0],
    [1000, 1000],
    [9000, 1000],
  ]);
  expect(rate?.bytesPerSecond).toBeGreaterThan(300);
  expect(rate?.bytesPerSecond).toBeLessThan(400);
});

test("a share is only shown while there is an estimate that holds", () => {
  const counts = { filesDone: 5, totalFiles: 10, bytesDone: 500, totalBytes: 1000 };
  expect(progressShare(counts)).toBe(0.5);
  expect(progressShare({ filesDone: 5, bytesDone: 500 })).toBe("counting");
  expect(progressShare({ ...counts, bytesDone: 1000 })).toBe("past the estimate");
  expect(progressShare({ ...counts, bytesDone: 1200, filesDone: 10 })).toBe("finishing");
});
