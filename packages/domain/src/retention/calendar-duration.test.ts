import { expect, test } from "vitest";
import { formatCalendarDuration, parseCalendarDuration } from "./calendar-duration.ts";

test.each([
  ["1y5m7d2h", { years: 1, months: 5, days: 7, hours: 2 }, "1y5m7d2h"],
  ["2h1y", { years: 1, months: 0, days: 0, hours: 2 }, "1y2h"],
  ["1d3d", { years: 0, months: 0, days: 3, hours: 0 }, "3d"],
  [" 10m ", { years: 0, months: 10, days: 0, hours: 0 }, "10m"],
  ["0d", { years: 0, months: 0, days: 0, hours: 0 }, ""],
  ["", { years: 0, months: 0, days: 0, hours: 0 }, ""],
  ["000000000012h", { years: 0, months: 0, days: 0, hours: 12 }, "12h"],
])("%j is a duration", (text, duration, written) => {
  const parsed = parseCalendarDuration(text);
  expect(parsed).toEqual(duration);
  expect(formatCalendarDuration(parsed!)).toBe(written);
});

test.each(["2", "1w", "-2d", "1y -2d", "1 y", "y", "1.5d", "1d2", "9999999d", "1D"])("%j is none", (text) => {
  expect(parseCalendarDuration(text)).toBeUndefined();
});
