import { expect, test } from "vitest";
import type { Run } from "./api/queries.ts";
import { runDurationMs, runSummary } from "./run-summary.ts";

const id = "019a8e1a-0000-7000-8000-000000000001";
const hash = "ab".repeat(32);
const run: Run = {
  runId: id,
  kind: "backup",
  state: "succeeded",
  organisationId: id,
  deviceId: id,
  deviceName: "files-1",
  vaultId: id,
  planId: id,
  requestedBy: "schedule",
  queuedAt: "2026-11-22T10:00:00Z",
  startedAt: "2026-11-22T10:00:05Z",
  endedAt: "2026-11-22T10:01:05Z",
  progress: null,
  result: null,
  failure: null,
};
const backup = {
  kind: "backup",
  snapshotId: hash,
  tree: hash,
  parent: null,
  takenAt: "2026-11-22T10:00:05Z",
  technology: "incremental",
  filesNew: 2,
  filesChanged: 1,
  filesUnmodified: 97,
  totalFiles: 100,
  totalBytes: 1_000_000,
  addedBytes: 4096,
  storedBytes: 2048,
  unread: [],
  unreadCount: 0,
} as const;

test("a backup says what it stored, and what it could not read", () => {
  expect(runSummary({ ...run, result: { ...backup, unread: [] } })).toBe("3 files new or changed, 2.00 KiB stored");
  expect(runSummary({ ...run, result: { ...backup, technology: "full", unread: [], unreadCount: 1200 } })).toBe(
    "100 files read in full, 2.00 KiB stored; 1,200 could not be read",
  );
});

test("a failure says why, whatever else is known", () => {
  const failure = { code: "STORAGE_FULL", message: "No room.", cure: "Make room." };
  expect(runSummary({ ...run, state: "failed", failure })).toBe("No room.");
  expect(runSummary({ ...run, state: "cancelled" })).toBe("");
});

test("a run that goes on is as long as it has been going, and never shorter than nothing", () => {
  expect(runDurationMs(run, 0)).toBe(60_000);
  const nowMs = Date.parse("2026-11-22T10:00:15Z");
  expect(runDurationMs({ ...run, endedAt: null }, nowMs)).toBe(10_000);
  expect(runDurationMs({ ...run, endedAt: null }, nowMs - 60_000)).toBe(0);
  expect(runDurationMs({ ...run, startedAt: null }, nowMs)).toBeUndefined();
});
