import { expect, test } from "vitest";
import { count, dayMs, formatBytes, formatDuration, hourMs, minuteMs } from "./units.ts";

test("sizes are shown with three digits and the next unit from a thousand on", () => {
  expect([0, 999, 1000, 1536, 1024 ** 2 * 23.4, 1024 ** 4 * 5].map(formatBytes)).toEqual([
    "0 B",
    "999 B",
    "0.98 KiB",
    "1.50 KiB",
    "23.4 MiB",
    "5.00 TiB",
  ]);
});

test("durations are shown in at most two units", () => {
  expect(
    [850, 2400, 42_000, 3 * minuteMs + 20_000, 4 * hourMs + 5 * minuteMs, 2 * dayMs + 3 * hourMs, 2 * hourMs].map(
      formatDuration,
    ),
  ).toEqual(["850 ms", "2.4 s", "42 s", "3 min 20 s", "4 h 5 min", "2 d 3 h", "2 h"]);
});

test("a count agrees with its noun", () => {
  expect([count(1, "file"), count(2000, "file"), count(2, "entry", "entries")]).toEqual([
    "1 file",
    "2,000 files",
    "2 entries",
  ]);
});
