import { count, dayMs, formatDuration } from "@holdfast/base";
import type { Plan, SnapshotRecord } from "@holdfast/contract";

/** Whether something is to be done at this start, and why, in words for the person who watches. */
export interface Due {
  readonly isDue: boolean;
  readonly because: string;
}

/** A full backup reads every byte again. Due when there is none of these paths yet, or as often as the plan says. */
export function fullBackupDue(spec: Plan["spec"], snapshots: readonly SnapshotRecord[], nowMs: number): Due {
  const taken = snapshots
    .filter((each) => each.technology === "full" && samePaths(each.paths, spec.paths))
    .map((each) => Date.parse(each.takenAt));
  if (taken.length === 0) return { isDue: true, because: "there is no full backup of this folder yet" };
  return repeatDue("full backup", nowMs - Math.max(...taken), spec.fullEveryDays);
}

/** Due when none passed yet, or as often as the plan says. */
export function drillDue(
  spec: Plan["spec"],
  lastDrill: { readonly at: string; readonly passed: boolean } | null,
  nowMs: number,
): Due {
  if (lastDrill === null) return { isDue: true, because: "nothing has been restored from this vault yet" };
  if (!lastDrill.passed) return { isDue: true, because: "the last drill failed" };
  return repeatDue("drill", nowMs - Date.parse(lastDrill.at), spec.drillEveryDays);
}

function repeatDue(what: string, ageMs: number, everyDays: number): Due {
  const because = `the last ${what} was ${formatDuration(Math.max(0, ageMs))} ago, and the plan wants one every ${count(everyDays, "day")}`;
  return { isDue: ageMs >= everyDays * dayMs, because };
}

function samePaths(left: readonly string[], right: readonly string[]): boolean {
  return left.length === right.length && left.every((path) => right.includes(path));
}
