import { HoldfastError, isFailure, minuteMs, secondMs } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { idFromBytes, type SnapshotId } from "../id.ts";
import type { LockOptions } from "../repository/lock.ts";
import type { Repository } from "../repository/repository.ts";
import { BlobMarks } from "./blob-marks.ts";
import { commitPrune, type CommitResult, type Survey } from "./commit.ts";
import { planIndexRewrite } from "./index-rewrite.ts";
import { markUsed } from "./mark-used.ts";
import { listPacks } from "./pack-listing.ts";
import { planPrune } from "./plan-prune.ts";
import type { PlanOptions, PrunePlan } from "./prune-plan.ts";
import { repack } from "./repack.ts";
import { soundSnapshots } from "./sound-snapshots.ts";

export interface PruneOptions extends PlanOptions {
  /** Who we are, for the locks; without it the caller holds what is needed, or works alone. */
  readonly lock?: LockOptions;
  /** Only make the plan. */
  readonly isDryRun?: boolean;
  /** For a dry run: snapshots to be treated as if they were forgotten. */
  readonly withoutSnapshots?: ReadonlySet<SnapshotId>;
  /** The repository's id: its disk is full, so nothing is repacked, and space is freed before any is needed. */
  readonly recoverNoFreeSpace?: string;
  /** Hears of the plan before anything is changed. */
  readonly onPlan?: (plan: PrunePlan) => void;
}

export interface PruneProgress {
  readonly phase: "trees" | "repack" | "waiting" | "removing";
  /** Trees read, or packs emptied. */
  readonly done: number;
  /** 0 while nobody knows. */
  readonly total: number;
  readonly secondsElapsed: number;
}

export interface PruneResult extends CommitResult {
  readonly plan: PrunePlan;
}

/** Others may be in the middle of a backup when the exclusive lock is wanted; what was done so far is worth a wait. */
const commitPatienceMs = 10 * minuteMs;

/**
 * Removes what no snapshot needs. Finding out and moving blobs together happens under a shared lock, beside backups;
 * the exclusive lock is held only while things are removed.
 *
 * Killed or failed at any moment, every snapshot is whole, and the next prune goes on where it stopped. Afterwards
 * the session's index is out of date: `loadIndex` before the next work.
 *
 * @throws ENGINE_PRUNE_REFUSED when something that snapshots need is missing or damaged, ENGINE_LOCKED,
 *   STORAGE_DENIED before anything is changed when the storage is append-only
 * @see restic-format.md section 15, docs/adr/0011-prune-under-a-short-lock.md
 */
export async function prune(
  repository: Repository,
  options: PruneOptions,
  onProgress: (progress: PruneProgress) => void = () => {},
  signal?: AbortSignal,
): Promise<PruneResult> {
  const isTight = options.recoverNoFreeSpace !== undefined;
  if (isTight && options.recoverNoFreeSpace !== repository.id)
    throw new HoldfastError(
      engineErrors.pruneOption,
      `To free a full disk, give this repository's id: ${repository.id}.`,
    );
  if (options.repackUncompressed === true && repository.version === 1)
    throw new HoldfastError(engineErrors.pruneOption, "Format version 1 knows no compression.");
  const startedMs = repository.context.clock.monotonicMs();
  const tell = (phase: PruneProgress["phase"], done: number, total: number) => {
    const secondsElapsed = (repository.context.clock.monotonicMs() - startedMs) / 1000;
    onProgress({ phase, done, total, secondsElapsed });
  };
  const nothing = { packsRemoved: 0, packsSpared: 0, filesRefused: 0 };

  const lookAround = (held?: AbortSignal) => surveyAndPlan(repository, options, tell, held);
  const ahead = options.lock === undefined ? undefined : lookAhead(lookAround, signal);
  const { survey, plan } = await whileLocked(repository, "shared", options.lock, signal, async (held) => {
    if (options.isDryRun !== true) await ensureRemovable(repository, held);
    const made = (await stillTrue(repository, await ahead?.outcome, held)) ?? (await lookAround(held));
    options.onPlan?.(made.plan);
    if (options.isDryRun !== true) await emptyPacks(repository, made.survey, made.plan, options, tell, held);
    return made;
  }).finally(() => ahead?.end());
  if (options.isDryRun === true || !hasWork(repository, plan)) return { plan, ...nothing };

  tell("waiting", 0, 0);
  const commit = (held: AbortSignal | undefined) => {
    tell("removing", 0, 0);
    return commitPrune(repository, survey, plan, isTight, held);
  };
  return { plan, ...(await whileAlone(repository, options.lock, signal, commit)) };
}

interface Surveyed {
  readonly survey: Survey;
  readonly plan: PrunePlan;
}

/** Looks around while the lock is still waited for, which only reads. A failure counts as not having looked. */
function lookAhead(lookAround: (signal: AbortSignal) => Promise<Surveyed>, signal: AbortSignal | undefined) {
  const stop = new AbortController();
  const outcome = lookAround(signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal])).catch(
    () => undefined,
  );
  return {
    outcome,
    end: async () => {
      stop.abort(new Error("the lock was not had"));
      await outcome;
    },
  };
}

/** What was found out before the lock was held, unless somebody has removed things since. */
async function stillTrue(
  repository: Repository,
  ahead: Surveyed | undefined,
  signal: AbortSignal | undefined,
): Promise<Surveyed | undefined> {
  if (ahead === undefined) return undefined;
  await repository.loadIndex(signal);
  return repository.wholeIndex === ahead.survey.index ? ahead : undefined;
}

async function surveyAndPlan(
  repository: Repository,
  options: PruneOptions,
  tell: (phase: PruneProgress["phase"], done: number, total: number) => void,
  signal: AbortSignal | undefined,
): Promise<Surveyed> {
  const all = await soundSnapshots(repository, signal);
  const snapshots = all.filter(({ id }) => options.isDryRun !== true || options.withoutSnapshots?.has(id) !== true);
  await repository.loadIndex(signal);
  const index = repository.wholeIndex;
  const marks = new BlobMarks();
  let trees = 0;
  const listing = await listPacks(repository, signal);
  await markUsed(repository, snapshots, marks, listing.sizes, () => tell("trees", (trees += 1), 0), signal);
  const { version, packBytesTarget } = repository;
  const limits = options.recoverNoFreeSpace === undefined ? options : { ...options, maxRepackBytes: 0 };
  const plan = planPrune({ index, marks, listing, version, packBytesTarget }, limits);
  return { survey: { index, marks, snapshots: new Set(snapshots.map(({ id }) => id)) }, plan };
}

async function emptyPacks(
  repository: Repository,
  { marks }: Survey,
  plan: PrunePlan,
  options: PruneOptions,
  tell: (phase: PruneProgress["phase"], done: number, total: number) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (plan.repack.length === 0) return;
  const leaving = new Set([...plan.repack, ...plan.remove, ...plan.missing]);
  let done = 0;
  const onPack = () => tell("repack", (done += 1), plan.repack.length);
  const recompressData = options.repackUncompressed === true;
  await repack(repository, plan.repack, leaving, marks, { recompressData, onPack }, signal);
}

/** Whether anything is to be removed or put in order. Packs without index may turn out to be somebody's at work. */
function hasWork(repository: Repository, plan: PrunePlan): boolean {
  if (plan.repack.length + plan.remove.length + plan.missing.length + plan.unindexed.length > 0) return true;
  const index = repository.wholeIndex;
  const { obsolete } = planIndexRewrite(index, new Uint8Array(index.packCount), repository.indexNotes().splitPacks);
  return obsolete.length > 0;
}

/** An append-only storage says so before anything is moved: a removal of what is not there is success elsewhere. */
async function ensureRemovable(repository: Repository, signal: AbortSignal | undefined): Promise<void> {
  const nobodysId = idFromBytes(repository.context.random.bytes(32));
  await repository.removeFile("pack", nobodysId, signal);
}

/**
 * `work` under the exclusive lock, which others may hold up for a while. Two prunes that came to this point together
 * would get into each other's way for ever if both tried again at the same moments, so each waits as chance has it.
 */
async function whileAlone<Result>(
  repository: Repository,
  options: LockOptions | undefined,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal | undefined) => Promise<Result>,
): Promise<Result> {
  const { clock, random, log } = repository.context;
  const untilMs = clock.monotonicMs() + Math.max(options?.retryForMs ?? 0, commitPatienceMs);
  const impatient = options && { ...options, retryForMs: 0 };
  for (;;) {
    let isHeld = false;
    try {
      return await whileLocked(repository, "exclusive", impatient, signal, (held) => {
        isHeld = true;
        return work(held);
      });
    } catch (error) {
      if (isHeld || !isFailure(error, engineErrors.locked) || clock.monotonicMs() >= untilMs) throw error;
      log.info("waiting for others to end before anything is removed", { why: error.message });
      await clock.sleep(secondMs + random.bytes(1)[0]! * 32, signal);
    }
  }
}

async function whileLocked<Result>(
  repository: Repository,
  kind: "shared" | "exclusive",
  options: LockOptions | undefined,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal | undefined) => Promise<Result>,
): Promise<Result> {
  if (options === undefined) return work(signal);
  const lock = await repository.lock(kind, { ...options, loadsIndex: true }, signal);
  try {
    return await work(signal === undefined ? lock.signal : AbortSignal.any([signal, lock.signal]));
  } catch (error) {
    if (lock.signal.aborted && signal?.aborted !== true) throw lock.signal.reason;
    throw error;
  } finally {
    await lock.release();
  }
}
