import type { Objectives } from "./objectives.ts";

/** Each snapshot is complete in itself; what differs is what is read and compared. @see design.md section 5 */
export const technologies = ["full", "incremental"] as const;
export type Technology = (typeof technologies)[number];

/** What will be done for one device, in data that can be shown, approved and handed to an agent. */
export interface PlanSpec {
  readonly paths: readonly string[];
  /** Patterns as restic's `--exclude`. */
  readonly excludes: readonly string[];
  readonly objectives: Objectives;
  /** A backup is due this long after the last one began. */
  readonly backupEveryMinutes: number;
  /** Every so many days a backup reads every byte again, trusting nothing from before. */
  readonly fullEveryDays: number;
  /** A second place that each good backup is replicated to. */
  readonly copies: number;
  /** A restore is performed and compared this often. */
  readonly drillEveryDays: number;
  readonly retention: {
    readonly keepDaily: number;
    readonly keepWeekly: number;
    readonly keepMonthly: number;
  };
}

/** One choice of the designer and why, in plain words for the client. */
export interface PlanReason {
  readonly choice: string;
  readonly because: string;
}

export interface PlanProposal {
  readonly spec: PlanSpec;
  readonly reasons: readonly PlanReason[];
  /** What the designer expects, to be compared with what happens. Bytes and seconds. */
  readonly expected: {
    readonly firstBackupSeconds: number;
    readonly firstStoredBytes: number;
    readonly dailyStoredBytes: number;
    readonly restoreSeconds: number;
  };
}
