import { chmodSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { dayMs, KiB, MiB, systemClock } from "@holdfast/base";
import { manualClock, seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { assess } from "./assess.ts";

const seed = 20_261;

/** Real time for the sample's speed, so only the wall clock is the test's. */
function context(nowMs = Date.UTC(2026, 5, 15)) {
  return { clock: { ...systemClock, nowMs: () => nowMs }, random: seededRandom(seed) };
}

test("counts what a backup would take, and when it last changed", async () => {
  const dir = await temporaryDirectory();
  const nowMs = Date.UTC(2026, 5, 15);
  const write = (name: string, bytes: number, ageDays: number) => {
    writeFileSync(join(dir, name), Buffer.alloc(bytes, name));
    utimesSync(join(dir, name), new Date(nowMs), new Date(nowMs - ageDays * dayMs));
  };
  mkdirSync(join(dir, "sub"));
  symlinkSync("nowhere", join(dir, "link"));
  write("today", 1000, 0.5);
  write("week", 2000, 6);
  write("sub/month", 4000, 29);
  write("old", 8000, 31);
  write("excluded.tmp", 50_000, 0);
  const options = { targets: ["."], workingDir: dir, excludes: ["*.tmp"], sampleBudgetMs: 5000 };
  const assessment = await assess(options, context(nowMs));
  expect(assessment).toMatchObject({
    paths: [dir],
    measuredAtMs: nowMs,
    files: 4,
    directories: 1,
    otherEntries: 1,
    bytes: 15_000,
    largestFileBytes: 8000,
    unreadable: 0,
    changedBytes: { day: 1000, week: 3000, month: 7000 },
  });
  expect(assessment.sample.bytes).toBe(15_000);
});

test("the sample tells what compresses from what does not, by shares of bytes and not of files", async () => {
  const dir = await temporaryDirectory();
  const random = seededRandom(seed);
  for (let file = 0; file < 40; file += 1) writeFileSync(join(dir, `text-${file}`), `${file} `.repeat(1000));
  writeFileSync(join(dir, "photo"), random.bytes(2 * MiB));
  const { sample, bytes } = await assess({ targets: ["."], workingDir: dir, sampleBudgetMs: 20_000 }, context());
  const textBytes = bytes - 2 * MiB;
  // The photograph stays as it is, the text nearly vanishes: the whole can hardly be smaller than the photograph's share.
  expect(sample.compressionRatio).toBeGreaterThan((2 * MiB) / bytes - 0.01);
  expect(sample.compressionRatio).toBeLessThan((2 * MiB) / bytes + (textBytes / bytes) * 0.2);
  expect(sample.bytesPerSecond).toBeGreaterThan(0);
});

test("repeated content shows", async () => {
  const dir = await temporaryDirectory();
  const content = seededRandom(seed).bytes(100 * KiB);
  for (const name of ["a", "b", "c", "d"]) writeFileSync(join(dir, name), content);
  const { sample } = await assess({ targets: ["."], workingDir: dir, sampleBudgetMs: 5000 }, context());
  expect(sample.uniqueRatio).toBeCloseTo(0.25, 5);
});

test("the sample keeps to its budgets of bytes and of time", async () => {
  const dir = await temporaryDirectory();
  for (let file = 0; file < 30; file += 1) writeFileSync(join(dir, `${file}`), seededRandom(file).bytes(64 * KiB));
  const options = { targets: ["."], workingDir: dir, sampleBudgetMs: 60_000, sampleBytesMax: 256 * KiB };
  expect((await assess(options, context())).sample.bytes).toBe(256 * KiB);
  const noTime = await assess({ ...options, sampleBudgetMs: 0 }, { clock: manualClock(), random: seededRandom(seed) });
  expect(noTime.sample).toEqual({ bytes: 0, compressionRatio: 1, uniqueRatio: 1, bytesPerSecond: 0 });
});

test("of a very large file one stretch is read, and an empty folder is no failure", async () => {
  const dir = await temporaryDirectory();
  mkdirSync(join(dir, "empty"));
  const large = join(dir, "large");
  writeFileSync(large, "");
  const { truncateSync } = await import("node:fs");
  truncateSync(large, 3 * 1024 * MiB);
  const { sample, largestFileBytes } = await assess(
    { targets: ["large"], workingDir: dir, sampleBudgetMs: 5000 },
    context(),
  );
  expect(largestFileBytes).toBe(3 * 1024 * MiB);
  expect(sample.bytes).toBe(8 * MiB);
  expect((await assess({ targets: ["empty"], workingDir: dir, sampleBudgetMs: 5000 }, context())).files).toBe(0);
});

test("what cannot be read is counted, so that a plan made from an incomplete view can say so", async () => {
  const dir = await temporaryDirectory();
  writeFileSync(join(dir, "closed"), "x");
  chmodSync(join(dir, "closed"), 0);
  const { unreadable } = await assess({ targets: [".", "gone"], workingDir: dir, sampleBudgetMs: 5000 }, context());
  expect(unreadable).toBe(process.getuid?.() === 0 ? 1 : 2);
});
