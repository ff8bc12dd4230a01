import { expect, test } from "vitest";
import { dayMs } from "@holdfast/base";
import type { Plan, SnapshotRecord } from "@holdfast/contract";
import { drillDue, fullBackupDue } from "./due.ts";

const nowMs = Date.UTC(2026, 5, 1);
const daysAgo = (days: number) => new Date(nowMs - days * dayMs).toISOString();

const spec: Plan["spec"] = {
  paths: ["/srv"],
  excludes: [],
  objectives: { rpoMinutes: 1440, rtoMinutes: 240 },
  backupEveryMinutes: 60,
  fullEveryDays: 30,
  copies: 1,
  drillEveryDays: 7,
  retention: { keepDaily: 7, keepWeekly: 4, keepMonthly: 12 },
};

function snapshot(changes: Partial<SnapshotRecord>): SnapshotRecord {
  return {
    snapshotId: "a".repeat(64),
    deviceId: "018f0000-0000-7000-8000-000000000001",
    vaultId: "018f0000-0000-7000-8000-000000000002",
    takenAt: daysAgo(1),
    tree: "b".repeat(64),
    technology: "full",
    paths: ["/srv"],
    totalFiles: 1,
    totalBytes: 1,
    addedBytes: 1,
    storedBytes: 1,
    complete: true,
    copiedTo: [],
    drilledAt: null,
    ...changes,
  };
}

test("a folder without a full backup of its own gets one", () => {
  expect(fullBackupDue(spec, [], nowMs).isDue).toBe(true);
  expect(fullBackupDue(spec, [snapshot({ paths: ["/etc"] })], nowMs).isDue).toBe(true);
  expect(fullBackupDue(spec, [snapshot({ technology: "incremental" })], nowMs).isDue).toBe(true);
});

test("a full backup is repeated when the plan says so, and not before", () => {
  expect(fullBackupDue(spec, [snapshot({ takenAt: daysAgo(29) })], nowMs).isDue).toBe(false);
  expect(fullBackupDue(spec, [snapshot({ takenAt: daysAgo(30) })], nowMs).isDue).toBe(true);
});

test("a drill is due when none passed, when the last failed, and as often as the plan says", () => {
  expect(drillDue(spec, null, nowMs).isDue).toBe(true);
  expect(drillDue(spec, { at: daysAgo(1), passed: false }, nowMs).isDue).toBe(true);
  expect(drillDue(spec, { at: daysAgo(6), passed: true }, nowMs).isDue).toBe(false);
  expect(drillDue(spec, { at: daysAgo(7), passed: true }, nowMs).isDue).toBe(true);
});
