import { expect, test } from "vitest";
import { formatTimestamp, parseTimestamp } from "./timestamp.ts";

const second = 1_000_000_000n;

test.each([
  [0n, 0, "1970-01-01T00:00:00Z"],
  [1_714_532_152_144_560_725n, 0, "2024-05-01T02:55:52.144560725Z"],
  [1_714_532_152_144_560_725n, 19_800, "2024-05-01T08:25:52.144560725+05:30"],
  [1_714_532_152_100_000_000n, -12_600, "2024-04-30T23:25:52.1-03:30"],
  [-1n, 0, "1969-12-31T23:59:59.999999999Z"],
  [-second * 2_208_988_800n, 0, "1900-01-01T00:00:00Z"],
  [0n, -30, "1969-12-31T23:59:30+00:00"], // Go cuts the zone to minutes, the wall clock keeps its seconds
  [0n, 3208, "1970-01-01T00:53:28+00:53"],
  [-second * 62_167_219_201n, 0, "0000-12-31T23:59:59Z"], // the year -1 is moved to 0
  [second * 253_402_300_800n, 0, "9999-01-01T00:00:00Z"], // the year 10000 is moved to 9999
  [second * 100_000_000_000_000n, 0, "9999-11-07T09:46:40Z"], // beyond what a Date holds
] as const)("%s ns at offset %s is %s", (ns, offsetS, text) => {
  expect(formatTimestamp({ ns, offsetS })).toBe(text);
});

test.each([
  ["2024-05-01T08:25:52.144560725+05:30", 1_714_532_152_144_560_725n, 19_800],
  ["2024-05-01T02:55:52Z", 1_714_532_152n * second, 0],
  ["1969-12-31T23:59:59.999999999Z", -1n, 0],
  ["0001-01-01T00:00:00Z", -62_135_596_800n * second, 0],
  ["2024-02-29T00:00:00.5-01:00", 1_709_168_400n * second + second / 2n, -3600],
] as const)("%s names an instant to the nanosecond and keeps its zone", (text, ns, offsetS) => {
  expect(parseTimestamp(text)).toEqual({ ns, offsetS });
  expect(formatTimestamp({ ns, offsetS })).toBe(text);
});

test.each([
  "",
  "2024",
  "2024-02-30T00:00:00Z",
  "2024-01-01T24:00:00Z",
  "2024-01-01T00:60:00Z",
  "2024-01-01 00:00:00Z",
  "2024-01-01T00:00:00",
])("%j is no time", (text) => expect(parseTimestamp(text)).toBeUndefined());
