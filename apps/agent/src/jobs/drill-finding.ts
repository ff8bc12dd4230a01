import { HoldfastError, formatDuration, minuteMs, type Clock } from "@holdfast/base";
import {
  compareRestored,
  loadSnapshot,
  parseId,
  restore,
  type Comparison,
  type ItemProblems,
  type Repository,
  type StoredSnapshot,
} from "@holdfast/engine";
import { agentErrors } from "../errors.ts";
import type { JobOf, RunContext } from "../runs/run-context.ts";
import { openVault, type VaultOpener } from "./open-vault.ts";
import { repositoryUser } from "./repository-user.ts";

/** What a drill found out. One that could not be carried to its end, for want of disk or network, finds nothing. */
export interface Finding {
  readonly snapshot: StoredSnapshot;
  readonly repositoryId: string;
  /** Of the snapshot when the drill began: what a disaster at that moment would have cost. */
  readonly ageMs: number;
  readonly phasesMs: PhasesMs;
  readonly comparison: Comparison | undefined;
  readonly differences: Differences;
  /** Why the snapshot cannot be trusted, beside differences. */
  readonly fault: HoldfastError | undefined;
}

/** Whole milliseconds of the monotonic clock. */
export interface PhasesMs {
  readonly open: number;
  readonly restore: number;
  readonly compare: number;
}

export interface Differences {
  readonly count: number;
  /** "path (what differs)", the first few. */
  readonly examples: string[];
}

type Restored = Pick<Finding, "phasesMs" | "comparison" | "differences" | "fault">;

const retryForMs = 10 * minuteMs;
const examplesMax = 20;
const exampleLengthMax = 1000;
const nothingRestored = { comparison: undefined, differences: { count: 0, examples: [] } };

/**
 * Restores the job's snapshot into `targetDir` and compares it with what the device had at backup time. Nothing comes from
 * what this keeper remembers: after a disaster there is only the storage.
 * @throws what keeps the drill from finding out, damage before the snapshot is known included
 */
export async function findOut(
  keeper: VaultOpener,
  job: JobOf<"drill">,
  targetDir: string,
  run: RunContext,
): Promise<Finding> {
  const { clock } = run;
  const beganAtMs = clock.nowMs();
  const stopwatch = new Stopwatch(clock);
  const vault = await openVault(keeper, job, run, { usesCache: false });
  try {
    const { repository } = vault;
    const lock = await repository.lock("shared", { ...repositoryUser(), retryForMs }, run.signal);
    try {
      const signal = AbortSignal.any([run.signal, lock.signal]);
      const snapshot = await loadSnapshot(repository, parseId(job.snapshotId), signal);
      const openMs = stopwatch.lapMs();
      const restored =
        snapshot.tree === job.expectedTree
          ? await restoreAndCompare(repository, snapshot, targetDir, { ...run, signal }, stopwatch, openMs)
          : anotherTree(openMs);
      const ageMs = Math.max(0, beganAtMs - takenAtMs(snapshot));
      return { snapshot, repositoryId: repository.id, ageMs, ...restored };
    } finally {
      await lock.release();
    }
  } finally {
    await vault.close();
  }
}

/** When the snapshot says that it was taken, as far as a Date can say it: the text comes from a device. */
export function takenAtMs(snapshot: StoredSnapshot): number {
  const dateMaxMs = 8.64e15;
  return Math.min(Math.max(Number(snapshot.time.ns / 1_000_000n), -dateMaxMs), dateMaxMs);
}

function anotherTree(openMs: number): Restored {
  const message = "The snapshot in the repository has another tree than the device reported at backup time.";
  const fault = new HoldfastError(agentErrors.snapshotChanged, message);
  return { ...nothingRestored, phasesMs: { open: openMs, restore: 0, compare: 0 }, fault };
}

async function restoreAndCompare(
  repository: Repository,
  snapshot: StoredSnapshot,
  targetDir: string,
  run: RunContext,
  stopwatch: Stopwatch,
  openMs: number,
): Promise<Restored> {
  let restoreMs: number | undefined;
  try {
    run.say("info", `Restoring snapshot ${snapshot.id.slice(0, 8)} into scratch.`);
    const problems = await restoreAll(repository, snapshot, targetDir, run);
    restoreMs = stopwatch.lapMs();
    run.say("info", `Restored in ${formatDuration(restoreMs)}; comparing every file with what the device had.`);
    const comparison = await compareAll(repository, snapshot, targetDir, run);
    const phasesMs = { open: openMs, restore: restoreMs, compare: stopwatch.lapMs() };
    const differences = differencesIn(problems, comparison);
    if (differences.count === 0) run.say("info", "Everything is as it was on the device.");
    for (const example of differences.examples) run.say("error", example);
    return { phasesMs, comparison, differences, fault: undefined };
  } catch (error) {
    // Damage is a finding. Anything else kept the drill from finding out.
    if (!(error instanceof HoldfastError) || error.kind !== "damaged") throw error;
    run.signal.throwIfAborted();
    const lapMs = stopwatch.lapMs();
    const phasesMs = { open: openMs, restore: restoreMs ?? lapMs, compare: restoreMs === undefined ? 0 : lapMs };
    return { ...nothingRestored, phasesMs, fault: error };
  }
}

async function restoreAll(
  repository: Repository,
  snapshot: StoredSnapshot,
  targetDir: string,
  run: RunContext,
): Promise<ItemProblems> {
  const { problems } = await restore(
    repository,
    {
      snapshotId: snapshot.id,
      targetDir,
      onProblem: ({ path, message, code }) => run.say("error", `${path}: ${message} (${code})`),
    },
    ({ filesDone, bytesDone, totalFiles, totalBytes, errorCount, currentFiles }) => {
      const current = currentFiles.slice(0, 1).map((path) => path.slice(0, 4096));
      run.progress({ phase: "restore", filesDone, bytesDone, totalFiles, totalBytes, errors: errorCount, current });
    },
    run.signal,
  );
  return problems;
}

function compareAll(
  repository: Repository,
  snapshot: StoredSnapshot,
  targetDir: string,
  run: RunContext,
): Promise<Comparison> {
  const { totalFilesProcessed: totalFiles, totalBytesProcessed: totalBytes } = snapshot.summary ?? {};
  return compareRestored(
    repository,
    snapshot.id,
    targetDir,
    ({ filesDone, bytesDone }) => {
      run.progress({ phase: "compare", filesDone, bytesDone, totalFiles, totalBytes, errors: 0, current: [] });
    },
    run.signal,
  );
}

/** Everything that either the restore or the comparison complains of, each path once. */
function differencesIn(problems: ItemProblems, { differences }: Comparison): Differences {
  const reasons = new Map<string, Set<string>>();
  const add = (path: string, reason: string) => reasons.set(path, (reasons.get(path) ?? new Set()).add(reason));
  for (const { path, kind } of differences.first) add(path, kind);
  for (const { path, code } of problems.first) add(path, code);
  const examples = [...reasons]
    .slice(0, examplesMax)
    .map(([path, why]) => `${path} (${[...why].join(", ")})`.slice(0, exampleLengthMax));
  // Both lists are cut when they grow long, so no fewer than the longer one counted.
  return { count: Math.max(reasons.size, problems.count, differences.count), examples };
}

/** Measures pieces of work that follow each other. */
class Stopwatch {
  readonly #clock: Clock;
  #lapBeganMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#lapBeganMs = clock.monotonicMs();
  }

  lapMs(): number {
    const nowMs = this.#clock.monotonicMs();
    const lapMs = Math.round(nowMs - this.#lapBeganMs);
    this.#lapBeganMs = nowMs;
    return lapMs;
  }
}
