import type { SnapshotId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import type { WholeIndex } from "../repository/whole-index.ts";
import type { StoredSnapshot } from "../snapshot/snapshot.ts";
import { BlobMarks } from "./blob-marks.ts";
import { markUsed } from "./mark-used.ts";
import { listPacks } from "./pack-listing.ts";
import { planPrune } from "./plan-prune.ts";
import type { PlanOptions, PrunePlan } from "./prune-plan.ts";
import { soundSnapshots } from "./sound-snapshots.ts";

/** What was found out while others could still add to the repository. */
export interface Survey {
  readonly index: WholeIndex;
  readonly marks: BlobMarks;
  /** Those whose blobs are marked. */
  readonly snapshots: ReadonlySet<SnapshotId>;
  /** Those that were left out because they are being forgotten. */
  readonly without: ReadonlySet<SnapshotId>;
  /** Bytes by pack number; below 0 for one that is gone. */
  readonly packSizes: Float64Array;
}

/** A survey and what follows from it. */
export interface Surveyed {
  readonly survey: Survey;
  readonly plan: PrunePlan;
}

export interface SurveyOptions {
  readonly limits: PlanOptions;
  /** Which snapshots are to be treated as if they were gone. */
  readonly without: (snapshots: readonly StoredSnapshot[]) => ReadonlySet<SnapshotId>;
  readonly onTree: () => void;
}

/**
 * Finds out what the snapshots need, and plans. Only reads.
 * @throws ENGINE_PRUNE_REFUSED when something that snapshots need is missing or damaged
 */
export async function surveyAndPlan(
  repository: Repository,
  options: SurveyOptions,
  signal: AbortSignal | undefined,
): Promise<Surveyed> {
  const all = await soundSnapshots(repository, signal);
  const without = options.without(all);
  const snapshots = all.filter(({ id }) => !without.has(id));
  await repository.loadIndex(signal);
  const index = repository.wholeIndex;
  const marks = new BlobMarks();
  const listing = await listPacks(repository, signal);
  await markUsed(repository, snapshots, marks, options.onTree, signal);
  const { version, packBytesTarget } = repository;
  const plan = planPrune({ index, marks, listing, version, packBytesTarget }, options.limits);
  const marked = new Set(snapshots.map(({ id }) => id));
  return { survey: { index, marks, snapshots: marked, without, packSizes: listing.sizes }, plan };
}

/** A survey that is made while a lock is waited for. It counts if nothing that it saw has gone since. */
export class SurveyAhead {
  readonly #repository: Repository;
  readonly #stop = new AbortController();
  /** A failure counts as not having looked: who looks again is told. */
  readonly #outcome: Promise<Surveyed | undefined>;

  constructor(repository: Repository, options: SurveyOptions, signal: AbortSignal | undefined) {
    this.#repository = repository;
    const until = signal === undefined ? this.#stop.signal : AbortSignal.any([signal, this.#stop.signal]);
    this.#outcome = surveyAndPlan(repository, options, until).catch(() => undefined);
  }

  /**
   * What was found out, unless somebody has removed things since, or other snapshots were left out than are to be.
   * A snapshot that came since is the commit's affair.
   */
  async stillTrue(without: ReadonlySet<SnapshotId>, signal: AbortSignal | undefined): Promise<Surveyed | undefined> {
    const surveyed = await this.#outcome;
    if (surveyed === undefined || surveyed.survey.without.symmetricDifference(without).size > 0) return undefined;
    await this.#repository.loadIndex(signal);
    return this.#repository.wholeIndex === surveyed.survey.index ? surveyed : undefined;
  }

  /** Resolves when nothing is read any more; to be called in any case. */
  async end(): Promise<void> {
    this.#stop.abort(new Error("nobody waits for the survey any more"));
    await this.#outcome;
  }
}
