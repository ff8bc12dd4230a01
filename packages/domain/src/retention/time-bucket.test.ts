import { expect, test } from "vitest";
import { bucketOf } from "./time-bucket.ts";

const at = (text: string, offsetS = 0) => ({ ns: BigInt(Date.parse(text)) * 1_000_000n, offsetS });

test.each([
  ["2024-12-29T23:59:59Z", 202452],
  ["2024-12-30T00:00:00Z", 202501],
  ["2021-01-03T12:00:00Z", 202053],
  ["2021-01-04T12:00:00Z", 202101],
  ["2020-12-31T12:00:00Z", 202053],
  ["2023-01-01T12:00:00Z", 202252],
  ["2027-01-01T12:00:00Z", 202653],
])("%s lies in ISO week %i", (text, week) => {
  expect(bucketOf("weekly", at(text))).toBe(week);
});

test("each bucket is read from the snapshot's own wall clock", () => {
  const instant = "2024-12-31T20:30:00Z";
  expect(bucketOf("hourly", at(instant))).toBe(2024123120);
  expect(bucketOf("hourly", at(instant, 5.5 * 3600))).toBe(2025010102);
  expect(bucketOf("daily", at(instant, 5.5 * 3600))).toBe(20250101);
  expect(bucketOf("monthly", at(instant, 5.5 * 3600))).toBe(202501);
  expect(bucketOf("yearly", at(instant, 5.5 * 3600))).toBe(2025);
  expect(bucketOf("yearly", at(instant, -3600))).toBe(2024);
});
