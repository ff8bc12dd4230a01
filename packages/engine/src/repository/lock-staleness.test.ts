import { minuteMs } from "@holdfast/base";
import { expect, test } from "vitest";
import type { LockFile } from "./lock-file.ts";
import { holderState, isStale, type HolderState } from "./lock-staleness.ts";

const nowMs = Date.UTC(2026, 0, 1, 12);
const here = { nowMs, hostname: "here", processSpace: "boot-1/pid-1", isProcessAlive: (pid: number) => pid === 1 };
const alive = 1;
const dead = 2;

function lockOf(ageMinutes: number, fields: Partial<LockFile>): LockFile {
  const time = new Date(nowMs - ageMinutes * minuteMs).toISOString();
  return { time, isExclusive: false, hostname: "here", username: "u", pid: alive, ...fields };
}

test.each<[string, boolean, number, Partial<LockFile>]>([
  ["30 minutes old, elsewhere", false, 30, { hostname: "there" }],
  ["31 minutes old, elsewhere", true, 31, { hostname: "there" }],
  ["31 minutes old, its process alive here", true, 31, { processSpace: "boot-1/pid-1" }],
  ["fresh, elsewhere, whatever its process id", false, 0, { hostname: "there", pid: dead }],
  ["fresh, its process dead in our process space", true, 0, { pid: dead, processSpace: "boot-1/pid-1" }],
  ["fresh, its process alive", false, 0, { pid: alive, processSpace: "boot-1/pid-1" }],
  ["fresh, process dead, but of another container on this host", false, 0, { pid: dead, processSpace: "boot-1/pid-7" }],
  ["fresh, process dead, written by restic, which names no process space", false, 0, { pid: dead }],
  ["11 minutes old, process dead, written by restic", true, 11, { pid: dead }],
  [
    "11 minutes old, process dead, from before this machine was started anew",
    true,
    11,
    { pid: dead, processSpace: "boot-0/pid-1" },
  ],
  ["11 minutes old, without a process id", false, 11, { pid: 0 }],
  ["from a clock that is ahead by a year", false, -525_600, { hostname: "there" }],
])("a lock %s: stale is %s", (_, stale, ageMinutes, fields) => {
  expect(isStale(lockOf(ageMinutes, fields), here)).toBe(stale);
});

test.each<[string, HolderState, number, Partial<LockFile>]>([
  ["fresh, elsewhere", "alive", 0, { hostname: "there" }],
  ["31 minutes old, elsewhere, whose clock may be behind", "quiet", 31, { hostname: "there" }],
  ["31 minutes ahead, elsewhere, whose clock may be ahead", "quiet", -31, { hostname: "there" }],
  ["a year ahead, as 2038 and 1970 make them", "quiet", -525_600, {}],
  ["fresh, of a machine of the same name, where its process lives", "alive", 0, { pid: dead }],
  ["11 minutes old, of a machine of the same name, process dead here", "quiet", 11, { pid: dead }],
  ["fresh, process dead, in another container of this host", "alive", 0, { pid: dead, processSpace: "boot-1/pid-7" }],
  ["fresh, process dead, here", "dead", 0, { pid: dead, processSpace: "boot-1/pid-1" }],
  [
    "fresh, process dead, here, under another host name",
    "dead",
    0,
    { hostname: "old", pid: dead, processSpace: "boot-1/pid-1" },
  ],
  ["31 minutes old, its process id taken by another process here", "dead", 31, { processSpace: "boot-1/pid-1" }],
  ["fresh, its process id taken by another process here", "alive", 0, { processSpace: "boot-1/pid-1" }],
])("the holder of a lock %s: %s", (_, state, ageMinutes, fields) => {
  expect(holderState(lockOf(ageMinutes, fields), here)).toBe(state);
});
