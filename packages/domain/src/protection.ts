import type { Objectives } from "./objectives.ts";

/** Worst first: the order in which a technician wants to see them. */
export const protectionStates = ["unprotected", "failing", "late", "waiting", "protected"] as const;
export type ProtectionState = (typeof protectionStates)[number];

export interface ProtectionFacts {
  readonly nowMs: number;
  readonly objectives: Objectives | undefined;
  /** When the plan was bound; a device gets one RPO from here for its first backup. */
  readonly plannedAtMs: number | undefined;
  /** Start of the newest backup that succeeded, with or without warnings. */
  readonly newestGoodAtMs: number | undefined;
  /** How the latest backup that ended came out. */
  readonly latestOutcome: "succeeded" | "warning" | "failed" | "cancelled" | "lost" | undefined;
}

/** Whether a device is protected now, from what was seen, never from what was intended. */
export function evaluateProtection(facts: ProtectionFacts): {
  state: ProtectionState;
  because: string;
} {
  const { nowMs, objectives, plannedAtMs, newestGoodAtMs, latestOutcome } = facts;
  if (objectives === undefined || plannedAtMs === undefined)
    return { state: "unprotected", because: "no plan is bound" };
  const rpoMs = objectives.rpoMinutes * 60_000;
  if (newestGoodAtMs === undefined) {
    if (latestOutcome === "failed" || latestOutcome === "lost")
      return { state: "failing", because: "no backup has succeeded yet" };
    if (nowMs - plannedAtMs <= rpoMs) return { state: "waiting", because: "the first backup is due" };
    return { state: "unprotected", because: "no backup has succeeded within the objective" };
  }
  if (nowMs - newestGoodAtMs > rpoMs)
    return { state: "late", because: "the newest good backup is older than the objective" };
  if (latestOutcome === "failed" || latestOutcome === "lost")
    return { state: "failing", because: "the latest backup did not succeed" };
  return { state: "protected", because: "a good backup exists within the objective" };
}
