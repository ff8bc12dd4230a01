import { dayMs, hourMs, minuteMs } from "@holdfast/base";
import { expect, test } from "vitest";
import {
  formatAge,
  formatAgo,
  formatInstant,
  formatMinute,
  formatObjective,
  formatRate,
  formatShare,
  formatStoredShare,
} from "./format.ts";

test("an age below a minute does not tick, also when the clocks disagree", () => {
  expect([-5000, 0, 59_999].map(formatAgo)).toEqual(["just now", "just now", "just now"]);
  expect([-5000, 59_999].map(formatAge)).toEqual(["under 1 min", "under 1 min"]);
  expect([12 * minuteMs + 30_000, 3 * hourMs + 5 * minuteMs, 30 * hourMs, 77 * hourMs].map(formatAgo)).toEqual([
    "12 min ago",
    "3 h ago",
    "30 h ago",
    "3 d ago",
  ]);
  expect(formatAge(2 * dayMs)).toBe("2 d");
});

test("an instant names its day, its second and its time zone", () => {
  expect(formatInstant("2026-11-22T10:09:12Z", "Europe/Berlin")).toBe("22 Nov 2026, 11:09:12 CET");
  expect(formatMinute("2026-11-22T23:30:00Z", "Asia/Kolkata")).toBe("23 Nov 2026, 05:00");
});

test("a day is promised in hours, longer objectives in days", () => {
  expect([15, 90, 1440, 2880].map(formatObjective)).toEqual(["15 min", "1 h 30 min", "24 h", "2 d"]);
});

test("a share is 100 % only when all is done, and not 0 % once something is", () => {
  expect([0, 0.000_001, 0.999_999, 1, 1.2].map(formatShare)).toEqual(["0 %", "under 1 %", "99 %", "100 %", "100 %"]);
});

test("rates and stored shares are rounded for people", () => {
  expect(formatRate(1536.4)).toBe("1.50 KiB/s");
  expect(formatStoredShare(310, 1000)).toBe("31 % of its size");
  expect(formatStoredShare(0, 0)).toBe("");
});
