import { expect, test } from "vitest";
import { minuteMs } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import { backOffMs } from "./back-off.ts";

test("waits grow to a minute, and a thousand parts that failed together come back spread evenly", () => {
  const random = seededRandom(7101);
  for (const [failures, boundMs] of [
    [1, 1000],
    [2, 2000],
    [5, 16_000],
    [7, minuteMs],
    [1000, minuteMs],
  ] as const) {
    const waits = Array.from({ length: 1000 }, () => backOffMs(failures, random));
    const inQuarter = [0, 1, 2, 3].map((q) => waits.filter((ms) => Math.floor((ms / boundMs) * 4) === q).length);
    expect(inQuarter.reduce((sum, n) => sum + n)).toBe(1000);
    expect(Math.min(...inQuarter)).toBeGreaterThan(200);
  }
});
