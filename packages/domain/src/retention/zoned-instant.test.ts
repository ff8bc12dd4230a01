import { expect, test } from "vitest";
import { parseCalendarDuration } from "./calendar-duration.ts";
import { goBack } from "./zoned-instant.ts";

const nsOf = (text: string) => BigInt(Date.parse(text)) * 1_000_000n;

function back(text: string, duration: string, offsetS = 0, localOffset?: (epochS: number) => number): string {
  const ns = goBack({ ns: nsOf(text), offsetS }, parseCalendarDuration(duration)!, localOffset);
  return ns === undefined ? "never" : new Date(Number(ns / 1_000_000n)).toISOString().replace(".000Z", "Z");
}

test.each([
  ["2023-03-31T12:00:00Z", "1m", "2023-03-03T12:00:00Z"],
  ["2024-03-31T12:00:00Z", "1m", "2024-03-02T12:00:00Z"],
  ["2024-02-29T12:00:00Z", "1y", "2023-03-01T12:00:00Z"],
  ["2024-01-15T12:00:00Z", "1m15d", "2023-11-30T12:00:00Z"],
  ["2024-01-01T01:00:00Z", "25h", "2023-12-31T00:00:00Z"],
  ["2024-01-01T00:00:00Z", "1y2m3d4h", "2022-10-28T20:00:00Z"],
  ["1970-01-01T00:00:00Z", "1y", "1969-01-01T00:00:00Z"],
  ["2024-01-01T00:00:00Z", "999999y", "never"],
])("from %s back %s is %s", (from, duration, expected) => {
  expect(back(from, duration)).toBe(expected);
});

test("the calendar is the one on the snapshot's own wall", () => {
  // In Tokyo it is 1 March already, and a month before that is 1 February.
  expect(back("2023-02-28T20:00:00Z", "1m", 9 * 3600)).toBe("2023-01-31T20:00:00Z");
});

test("parts of a second stay", () => {
  expect(goBack({ ns: -1n, offsetS: 0 }, parseCalendarDuration("1h")!, undefined)).toBe(-3_600_000_000_001n);
});

test("over a change to summer time the time of day stays, for instants of the zone that asks", () => {
  const berlin = (epochS: number) => (epochS * 1000 >= Date.parse("2024-03-31T01:00:00Z") ? 7200 : 3600);
  expect(back("2024-04-10T10:00:00Z", "1m", 7200, berlin)).toBe("2024-03-10T11:00:00Z");
  expect(back("2024-04-10T10:00:00Z", "1m", 0, berlin)).toBe("2024-03-10T10:00:00Z");
  expect(back("2024-04-10T10:00:00Z", "1m", 7200)).toBe("2024-03-10T10:00:00Z");
  // 02:30 does not exist on that night.
  expect(back("2024-04-30T00:30:00Z", "30d", 7200, berlin)).toBe("2024-03-31T01:30:00Z");
});
