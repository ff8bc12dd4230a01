import { expect, test } from "vitest";
import { parseMoment } from "./moment.ts";

const local = (...parts: [number, number, number, number?, number?, number?]) =>
  BigInt(new Date(parts[0], parts[1], parts[2], parts[3] ?? 0, parts[4] ?? 0, parts[5] ?? 0).getTime()) * 1_000_000n;

test.each([
  ["2026-11-22", local(2026, 10, 22)],
  ["2026-11-22 08:30", local(2026, 10, 22, 8, 30)],
  ["22.11.2026 08:30:05", local(2026, 10, 22, 8, 30, 5)],
  ["2026-11-22 08:30:05 UTC", 1_795_336_205_000_000_000n],
  ["2026-11-22 08:30:05 +0100", 1_795_332_605_000_000_000n],
  ["Sun Nov 22 08:30:05 +0100 CET 2026", 1_795_332_605_000_000_000n],
])("%s is a moment", (text, ns) => {
  expect(parseMoment(text, "--oldest")).toBe(ns);
});

test.each([
  "",
  "yesterday",
  "2026-02-30",
  "2026-11-22 25:00",
  "2026-11-22T08:30",
  "22.13.2026",
  "2026-11-22 08:30 XYZ",
])("%j is none", (text) => {
  expect(() => parseMoment(text, "--oldest")).toThrow(expect.objectContaining({ code: "CLI_USAGE" }));
});
