import { HoldfastError, MiB } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { idFromBytes, type PackId, type SnapshotId } from "../id.ts";
import type { RepositoryLock } from "../repository/held-lock.ts";
import type { LockOptions } from "../repository/lock.ts";
import type { Repository } from "../repository/repository.ts";
import type { StoredSnapshot } from "../snapshot/snapshot.ts";
import { commitPrune, type CommitResult } from "./commit.ts";
import { planIndexRewrite } from "./index-rewrite.ts";
import { PruneLocks } from "./prune-locks.ts";
import type { PlanOptions, PrunePlan } from "./prune-plan.ts";
import { repack } from "./repack.ts";
import { SurveyAhead, surveyAndPlan, type Surveyed, type SurveyOptions } from "./survey.ts";

export interface PruneOptions extends PlanOptions {
  /** Who we are, for the locks; without it the caller holds what is needed, or works alone. */
  readonly lock?: LockOptions;
  /** Only make the plan. */
  readonly isDryRun?: boolean;
  /** Snapshots that have just been forgotten, or would be if this were no dry run. */
  readonly withoutSnapshots?: ReadonlySet<SnapshotId>;
  /** From `lookAheadOfPrune`; the caller ends it. */
  readonly ahead?: SurveyAhead | undefined;
  /** An exclusive lock that the caller holds. It is given back once the prune has one of its own. */
  readonly inPlaceOf?: RepositoryLock | undefined;
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

/** Bytes of packs that are still to be emptied when the exclusive lock is asked for: the pause before it passes meanwhile. */
const nearlyDoneBytes = 32 * MiB;

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
  const tell: Tell = (phase, done, total) => {
    const secondsElapsed = (repository.context.clock.monotonicMs() - startedMs) / 1000;
    onProgress({ phase, done, total, secondsElapsed });
  };
  const nothing = { packsRemoved: 0, packsSpared: 0, filesRefused: 0 };

  const without = options.withoutSnapshots ?? new Set();
  const lookAround = surveyOptions(options, () => without, tell);
  const locks = new PruneLocks(repository, options.lock, signal);
  const ownAhead =
    options.ahead === undefined && options.lock !== undefined
      ? new SurveyAhead(repository, lookAround, signal)
      : undefined;
  const ahead = options.ahead ?? ownAhead;
  try {
    await locks.share(options.inPlaceOf);
    const { survey, plan } = await locks.whileShared(async (held) => {
      if (options.isDryRun !== true) await ensureRemovable(repository, held);
      const made = (await ahead?.stillTrue(without, held)) ?? (await surveyAndPlan(repository, lookAround, held));
      options.onPlan?.(made.plan);
      const onNearlyDone = () => locks.askForExclusive();
      if (options.isDryRun !== true) await emptyPacks(repository, made, options, tell, onNearlyDone, held);
      return made;
    });
    if (options.isDryRun === true || !hasWork(repository, plan)) return { plan, ...nothing };

    tell("waiting", 0, 0);
    const done = await locks.whileAlone((held) => {
      tell("removing", 0, 0);
      return commitPrune(repository, survey, plan, isTight, held);
    });
    return { plan, ...done };
  } finally {
    await ownAhead?.end();
    await locks.end();
  }
}

/**
 * Begins to look around for a prune that will follow, while a lock is waited for or snapshots are chosen. Only reads.
 * @param without chooses the snapshots that will be forgotten until then; what it throws ends the looking, untold
 */
export function lookAheadOfPrune(
  repository: Repository,
  options: PlanOptions,
  without: (snapshots: readonly StoredSnapshot[]) => ReadonlySet<SnapshotId>,
  signal?: AbortSignal,
): SurveyAhead {
  return new SurveyAhead(
    repository,
    surveyOptions(options, without, () => {}),
    signal,
  );
}

type Tell = (phase: PruneProgress["phase"], done: number, total: number) => void;

function surveyOptions(options: PruneOptions, without: SurveyOptions["without"], tell: Tell): SurveyOptions {
  let trees = 0;
  const limits = options.recoverNoFreeSpace === undefined ? options : { ...options, maxRepackBytes: 0 };
  return { limits, without, onTree: () => tell("trees", (trees += 1), 0) };
}

async function emptyPacks(
  repository: Repository,
  { survey: { index, marks, packSizes }, plan }: Surveyed,
  options: PruneOptions,
  tell: Tell,
  onNearlyDone: () => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (plan.repack.length === 0) return;
  const leaving = new Set([...plan.repack, ...plan.remove, ...plan.missing]);
  let done = 0;
  const bytesExpected = plan.repack.reduce((bytes, id) => bytes + packSizes[index.packNumber(id)]!, 0);
  let leftBytes = bytesExpected;
  if (leftBytes <= nearlyDoneBytes) onNearlyDone();
  const onPack = (id: PackId) => {
    tell("repack", (done += 1), plan.repack.length);
    leftBytes -= packSizes[index.packNumber(id)]!;
    if (leftBytes <= nearlyDoneBytes) onNearlyDone();
  };
  const recompressData = options.repackUncompressed === true;
  await repack(repository, plan.repack, leaving, marks, { bytesExpected, recompressData, onPack }, signal);
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
