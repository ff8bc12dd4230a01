import { dayMs, minuteMs } from "@holdfast/base";
import type { PlanSpec, Technology } from "./plan.ts";

/** How far a retry is put off after the first failure; each further one in a row doubles it, up to the interval. */
export const retryAfterMs = 5 * minuteMs;
/** The first drill waits this long after the first good backup, so that setting up a device is not disturbed. */
export const firstDrillAfterMs = 15 * minuteMs;

/** What happened so far to one kind of work of one plan; instants by the server's clock. */
export interface History {
  /** When the latest run was handed out; undefined when none ever was. */
  readonly lastBeganAtMs: number | undefined;
  /** When the latest run ended. */
  readonly lastEndedAtMs: number | undefined;
  /** Runs that failed or were lost since the last that went well, or since a person cancelled one. */
  readonly failuresInARow: number;
}

/** When the next backup of a plan is due. Never later than one interval after the last one began. */
export function nextBackupAtMs(
  spec: Pick<PlanSpec, "backupEveryMinutes">,
  history: History,
  boundAtMs: number,
): number {
  const intervalMs = spec.backupEveryMinutes * minuteMs;
  if (history.lastBeganAtMs === undefined) return boundAtMs;
  return Math.min(history.lastBeganAtMs + intervalMs, retryAtMs(history, intervalMs));
}

/** Full when there is none, or when the last one is old enough; else incremental. */
export function technologyAt(
  spec: Pick<PlanSpec, "fullEveryDays">,
  lastFullAtMs: number | undefined,
  atMs: number,
): Technology {
  if (lastFullAtMs === undefined) return "full";
  return atMs - lastFullAtMs >= spec.fullEveryDays * dayMs ? "full" : "incremental";
}

/**
 * When the next drill of a plan is due; undefined while there is nothing to restore.
 * @param firstGoodAtMs when the vault's first good backup ended
 */
export function nextDrillAtMs(
  spec: Pick<PlanSpec, "drillEveryDays">,
  history: History,
  firstGoodAtMs: number | undefined,
): number | undefined {
  if (firstGoodAtMs === undefined) return undefined;
  if (history.lastBeganAtMs === undefined) return firstGoodAtMs + firstDrillAfterMs;
  const intervalMs = spec.drillEveryDays * dayMs;
  return Math.min(history.lastBeganAtMs + intervalMs, retryAtMs(history, intervalMs));
}

/** When work that keeps failing is tried again; never, when the latest went well. */
export function retryAtMs(history: History, atMostMs: number): number {
  if (history.failuresInARow === 0 || history.lastEndedAtMs === undefined) return Number.POSITIVE_INFINITY;
  const doublings = Math.min(history.failuresInARow - 1, 20);
  return history.lastEndedAtMs + Math.min(retryAfterMs * 2 ** doublings, atMostMs);
}
