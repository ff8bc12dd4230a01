import { HoldfastError, count, dayMs, formatBytes, formatDuration, minuteMs, secondMs } from "@holdfast/base";
import type { Assessment } from "./assessment.ts";
import { cacheExcludes } from "./cache-places.ts";
import { domainErrors } from "./errors.ts";
import type { Objectives } from "./objectives.ts";
import type { PlanProposal, PlanReason, PlanSpec } from "./plan.ts";

/** Part of the RPO kept free for what was not measured: walking the tree, waiting for the agent, a slow network. */
const rpoReserve = 0.1;
/** Reading everything again, and restoring everything to prove it, may each take this share of the time. */
const fullShare = 0.02;
const drillShare = 0.01;
const backupEveryMinutesMin = 5;
/** Intervals that people can remember. */
const intervalsMinutes = [
  5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1440, 2880, 4320, 10_080, 20_160,
] as const;

/** What follows from the measurements alone; times in milliseconds, assuming the measured speed of one core. */
interface Estimates {
  readonly readAllMs: number;
  readonly restoreMs: number;
  readonly firstStoredBytes: number;
  /** Files that change in a day, whole: an upper bound, since only their changed parts are stored. */
  readonly dailyChangedBytes: number;
  readonly dailyStoredBytes: number;
  readonly weeklyStoredBytes: number;
  readonly monthlyStoredBytes: number;
  /** Share of the time that reading the changes takes; at 1 backups could never catch up. */
  readonly load: number;
}

/**
 * Designs a plan that meets the objectives, from what was measured, and says why each choice was made.
 *
 * @param available what the installation has to offer
 * @throws RPO_NOT_REACHABLE, RTO_NOT_REACHABLE naming what binds; ASSESSMENT_UNUSABLE
 */
export function proposePlan(
  assessment: Assessment,
  objectives: Objectives,
  available: { readonly copiesAvailable: number },
): PlanProposal {
  const estimates = estimate(assessment);
  refuseUnreachableRto(assessment, objectives, estimates);
  const backupEveryMinutes = intervalFor(assessment, objectives, estimates);
  const copies = Math.min(1, available.copiesAvailable);
  const spec: PlanSpec = {
    paths: assessment.paths,
    excludes: cacheExcludes(assessment.paths),
    objectives,
    backupEveryMinutes,
    fullEveryDays: daysFor(estimates.readAllMs, fullShare),
    copies,
    drillEveryDays: daysFor(estimates.restoreMs, drillShare),
    retention: retentionFor(estimates),
  };
  return {
    spec,
    reasons: reasonsFor(assessment, spec, estimates),
    expected: {
      firstBackupSeconds: Math.ceil(estimates.readAllMs / secondMs),
      firstStoredBytes: estimates.firstStoredBytes,
      dailyStoredBytes: estimates.dailyStoredBytes,
      restoreSeconds: Math.ceil(estimates.restoreMs / secondMs),
    },
  };
}

function estimate(assessment: Assessment): Estimates {
  const { bytes, changedBytes, sample } = assessment;
  if (bytes > 0 && sample.bytesPerSecond <= 0)
    throw new HoldfastError(domainErrors.assessmentUnusable, "The assessment measured no reading speed.");
  const timeMs = (some: number) => (some === 0 ? 0 : (some / sample.bytesPerSecond) * secondMs);
  const stored = (some: number) => Math.ceil(some * sample.uniqueRatio * sample.compressionRatio);
  // The busiest of three views: a measurement on a quiet day must not decide alone.
  const dailyChangedBytes = Math.min(
    bytes,
    Math.ceil(Math.max(changedBytes.day, changedBytes.week / 7, changedBytes.month / 30)),
  );
  return {
    readAllMs: timeMs(bytes),
    // Decrypting and decompressing is seldom slower than the way in; the first drill replaces the assumption.
    restoreMs: timeMs(bytes),
    firstStoredBytes: stored(bytes),
    dailyChangedBytes,
    dailyStoredBytes: stored(dailyChangedBytes),
    weeklyStoredBytes: stored(changedBytes.week),
    monthlyStoredBytes: stored(changedBytes.month),
    load: timeMs(dailyChangedBytes) / dayMs,
  };
}

function refuseUnreachableRto(assessment: Assessment, objectives: Objectives, estimates: Estimates): void {
  const { restoreMs } = estimates;
  if (restoreMs <= objectives.rtoMinutes * minuteMs) return;
  throw new HoldfastError(
    domainErrors.rtoNotReachable,
    `Restoring ${formatBytes(assessment.bytes)} at ${speed(assessment)} takes about ${formatDuration(restoreMs)}; ` +
      `the objective is ${formatDuration(objectives.rtoMinutes * minuteMs)}. The measured speed is what binds.`,
  );
}

/**
 * The longest memorable interval whose backups keep the promise: just before a backup ends, the newest good one is as
 * old as the interval and the run together.
 */
function intervalFor(assessment: Assessment, objectives: Objectives, estimates: Estimates): number {
  const usableMinutes = (objectives.rpoMinutes * (1 - rpoReserve)) / (1 + estimates.load);
  const interval = intervalsMinutes.findLast((minutes) => minutes <= usableMinutes);
  if (estimates.load < 1 && interval !== undefined) return interval;
  const rpo = formatDuration(objectives.rpoMinutes * minuteMs);
  const because =
    estimates.load >= 1
      ? `files of ${formatBytes(estimates.dailyChangedBytes)} change each day, which takes more than a day to read at ${speed(assessment)}`
      : `backups begin at most every ${backupEveryMinutesMin} minutes, and each takes time of its own`;
  throw new HoldfastError(domainErrors.rpoNotReachable, `An RPO of ${rpo} cannot be kept: ${because}.`);
}

/** Every so many days, that it takes at most `share` of the time: at least weekly while that is cheap, else quarterly. */
function daysFor(eachMs: number, share: number): number {
  return Math.min(90, Math.max(7, Math.ceil(eachMs / share / dayMs)));
}

/** Two weeks of days, two months of weeks and a year of months, or half of it where much changes. */
function retentionFor(estimates: Estimates): PlanSpec["retention"] {
  const generous = { keepDaily: 14, keepWeekly: 8, keepMonthly: 12 };
  if (historyBytes(generous, estimates) <= 3 * estimates.firstStoredBytes) return generous;
  return { keepDaily: 7, keepWeekly: 4, keepMonthly: 6 };
}

/** What the kept snapshots store beyond the newest, at most: what changed in the time that each one stands for. */
function historyBytes(retention: PlanSpec["retention"], estimates: Estimates): number {
  const { keepDaily, keepWeekly, keepMonthly } = retention;
  const { dailyStoredBytes, weeklyStoredBytes, monthlyStoredBytes } = estimates;
  return keepDaily * dailyStoredBytes + keepWeekly * weeklyStoredBytes + keepMonthly * monthlyStoredBytes;
}

function reasonsFor(assessment: Assessment, spec: PlanSpec, estimates: Estimates): PlanReason[] {
  const { objectives, backupEveryMinutes, excludes, retention } = spec;
  const intervalMs = backupEveryMinutes * minuteMs;
  const rpoMs = objectives.rpoMinutes * minuteMs;
  const reasons: PlanReason[] = [
    {
      choice: `A backup every ${formatDuration(intervalMs)}`,
      because:
        `The newest backup may be ${formatDuration(rpoMs)} old. Files of up to ${formatBytes(estimates.dailyChangedBytes)} ` +
        `change in a day, so a run reads for about ${formatDuration(estimates.load * intervalMs)}; ` +
        `${formatDuration(rpoMs * rpoReserve)} are kept in reserve.`,
    },
    {
      choice: `A full backup every ${count(spec.fullEveryDays, "day")}`,
      because: fullReason(assessment, estimates, rpoMs, intervalMs),
    },
    spec.copies === 0
      ? {
          choice: "No copy elsewhere",
          because: "This installation has no second place for copies; losing the first loses everything.",
        }
      : { choice: "One copy elsewhere", because: "Fire, theft or a mistake at one place must not take every copy." },
    {
      choice: `A restore drill every ${count(spec.drillEveryDays, "day")}`,
      because:
        `Restoring all ${formatBytes(assessment.bytes)} should take about ${formatDuration(estimates.restoreMs)} of the ` +
        `${formatDuration(objectives.rtoMinutes * minuteMs)} allowed, if it is as fast as the measured ${speed(assessment)}; the first drill measures it.`,
    },
    {
      choice: `Kept: ${count(retention.keepDaily, "day")}, ${count(retention.keepWeekly, "week")}, ${count(retention.keepMonthly, "month")}`,
      because:
        `The first backup stores about ${formatBytes(estimates.firstStoredBytes)}, a day adds at most ` +
        `${formatBytes(estimates.dailyStoredBytes)}, the whole history at most ${formatBytes(historyBytes(retention, estimates))}.`,
    },
    excludes.length === 0
      ? { choice: "Nothing is left out", because: "No known cache or temporary place lies below these paths." }
      : { choice: `Left out: ${excludes.join(", ")}`, because: "What lies there is made again by itself." },
  ];
  if (assessment.unreadable > 0) {
    reasons.push({
      choice: "These figures are incomplete",
      because: `${count(assessment.unreadable, "entry", "entries")} could not be read and will be missing from backups as well.`,
    });
  }
  return reasons;
}

function fullReason(assessment: Assessment, estimates: Estimates, rpoMs: number, intervalMs: number): string {
  const takes =
    `Reading all ${formatBytes(assessment.bytes)} again, trusting nothing from before, takes about ` +
    `${formatDuration(estimates.readAllMs)} at ${speed(assessment)}`;
  if (intervalMs + estimates.readAllMs <= rpoMs) return `${takes}.`;
  return `${takes}. That is longer than the RPO leaves: while a full backup runs, the newest good one grows older than promised.`;
}

function speed(assessment: Assessment): string {
  return `${formatBytes(assessment.sample.bytesPerSecond)}/s`;
}
