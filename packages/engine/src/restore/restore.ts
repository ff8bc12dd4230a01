import { mkdirSync, existsSync } from "node:fs";
import { resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { AnchoredDirectory } from "../filesystem/anchored-directory.ts";
import { native, withoutNativeStatement } from "../filesystem/native.ts";
import { ownerNumbers } from "../filesystem/owner-names.ts";
import type { SnapshotId, TreeId } from "../id.ts";
import { ProblemList, type ItemProblem, type ItemProblems } from "../item-problem.ts";
import type { Repository } from "../repository/repository.ts";
import type { StoredSnapshot } from "../snapshot/snapshot.ts";
import { loadSnapshot } from "../snapshot/snapshot-store.ts";
import { AttributeSelection } from "./attribute-selection.ts";
import { Crew } from "./crew.ts";
import { removeForeign } from "./deletion.ts";
import type { OwnerOf, WithheldMetadata } from "./metadata.ts";
import type { RestoredItem } from "./restored-item.ts";
import { RestoreSelection, type SelectionOptions } from "./restore-selection.ts";
import { RestoreTally, type RestoreCounts, type RestoreProgress } from "./restore-tally.ts";
import { SegmentFetcher } from "./segment-fetcher.ts";
import { Target } from "./target.ts";
import type { OverwriteMode } from "./target-parts.ts";
import { findTree, walkTree, type Names } from "./walk-tree.ts";

export interface RestoreOptions extends SelectionOptions {
  readonly snapshotId: SnapshotId;
  /** Names from the snapshot's top to the directory that becomes the top of the target; default the snapshot's own. */
  readonly subfolder?: Names;
  /** Made when it is missing. */
  readonly targetDir: string;
  /** Default "always". */
  readonly overwrite?: OverwriteMode;
  /** Removes from restored directories what the snapshot does not have in them and the selection does not spare. */
  readonly deletesForeign?: boolean;
  /** Looks and tells, and changes nothing. */
  readonly isDryRun?: boolean;
  /** Gives files to those who have the owners' names here; default: to the numbers in the snapshot. */
  readonly isOwnershipByName?: boolean;
  /** Leaves zeros unwritten, as holes. */
  readonly sparse?: boolean;
  /** Reads each file back after it was written. */
  readonly verify?: boolean;
  /** Threads that decode and write; 0: none but the calling one. Default: one for each processor. */
  readonly threads?: number;
  /** Who locks; without it the repository is only read, which a prune elsewhere may disturb. */
  readonly lock?: {
    readonly hostname: string;
    readonly username: string;
    readonly pid: number;
    readonly retryForMs?: number;
  };
  readonly onProblem?: (problem: ItemProblem) => void;
  /** Hears of each entry that is done. */
  readonly onItem?: (item: RestoredItem) => void;
}

export interface RestoreResult {
  readonly snapshot: StoredSnapshot;
  readonly counts: Readonly<RestoreCounts>;
  /** Everything that is not as in the snapshot, with the reason. */
  readonly problems: ItemProblems;
  /** What an ordinary user cannot set; all zero for root. */
  readonly withheld: Readonly<WithheldMetadata>;
  /** What this machine cannot restore at all, a sentence; undefined when it restores everything. */
  readonly notKept: string | undefined;
  /** True when everything selected was restored with all that the user may set. */
  readonly isComplete: boolean;
}

const turnSteps = 64;

/**
 * Restores a snapshot or a part of it into a directory and never outside of it, whatever the snapshot says and whatever
 * happens to the target meanwhile. Damaged and missing parts of the repository cost the files they belong to and no
 * others. Interrupted and started again it goes on with what is missing.
 *
 * @param onProgress called ten times a second at most, and at the end
 * @throws the signal's reason, ENGINE_SNAPSHOT_MISSING, ENGINE_PATH_MISSING, ENGINE_BAD_PATTERN, ENGINE_UNSAFE_DELETE,
 *   ENGINE_LOCKED, ENGINE_TARGET_FULL, and what the storage throws when it is not damage
 */
export async function restore(
  repository: Repository,
  options: RestoreOptions,
  onProgress: (progress: RestoreProgress) => void = () => {},
  signal: AbortSignal = new AbortController().signal,
): Promise<RestoreResult> {
  const selection = new RestoreSelection(options);
  if (options.deletesForeign === true && resolve(options.targetDir) === "/" && selection.isEverything) {
    throw new HoldfastError(
      engineErrors.unsafeDelete,
      "Restoring to / would delete everything that the snapshot does not have.",
    );
  }
  const lock = options.lock && (await repository.lock("shared", { ...options.lock, loadsIndex: true }, signal));
  try {
    const live = lock === undefined ? signal : AbortSignal.any([signal, lock.signal]);
    return await restoreSelected(repository, options, selection, onProgress, live);
  } finally {
    await lock?.release();
  }
}

async function restoreSelected(
  repository: Repository,
  options: RestoreOptions,
  selection: RestoreSelection,
  onProgress: (progress: RestoreProgress) => void,
  signal: AbortSignal,
): Promise<RestoreResult> {
  const snapshot = await loadSnapshot(repository, options.snapshotId, signal);
  await repository.loadIndex(signal);
  const { subfolder = [], overwrite = "always", sparse = false, verify = false, isDryRun = false } = options;
  const { onProblem = () => {}, onItem = () => {} } = options;
  const tree = await findTree(repository, snapshot.tree, subfolder, signal);

  const tally = new RestoreTally(repository.context.clock, onProgress);
  const isWhole = selection.isEverything && subfolder.length === 0;
  if (isWhole && snapshot.summary !== undefined) {
    const { totalFilesProcessed, totalBytesProcessed } = snapshot.summary;
    tally.expect({ files: totalFilesProcessed, bytes: totalBytesProcessed });
  }
  const problems = new ProblemList(onProblem);
  const targetDir = resolve(options.targetDir);
  if (!isDryRun) mkdirSync(targetDir, { recursive: true, mode: 0o700 });
  const top = existsSync(targetDir) ? AnchoredDirectory.open(Buffer.from(targetDir)) : undefined;
  const { attributes } = selection;
  const crew = new Crew(
    { secret: repository.secretForThreads(), isSparse: sparse, isVerified: verify, attributes },
    options.threads,
  );
  const deletion = {
    selects: (names: Names) => selection.selects(names),
    isDryRun,
    onDeleted: (names: Names) => {
      tally.counts.deleted += 1;
      onItem({ action: "deleted", names, type: "file", sizeBytes: 0 });
    },
    onFault: (names: Names, error: unknown) => problems.addFault(names, error, "targetFailed"),
  };
  const target = new Target({
    top,
    overwrite,
    isDryRun,
    isSparse: sparse,
    isVerified: verify,
    ownerOf: options.isOwnershipByName === true ? ownersByName() : ({ uid, gid }) => ({ uid, gid }),
    attributes: new AttributeSelection(attributes),
    tally,
    problems,
    plainLength: (id) => repository.plainLength("data", id),
    isSelected: (names) => selection.selects(names),
    onItem,
    onLeave: (directory) => {
      if (options.deletesForeign === true) removeForeign(directory, deletion);
    },
    crew,
    fetcher: new SegmentFetcher(repository),
    signal,
  });
  try {
    const isListed = options.deletesForeign === true;
    await carryOut(repository, tree, selection, target, { tally, problems, isListed }, signal);
  } finally {
    await target.close();
    await crew.close();
    top?.close();
  }
  tally.finish();
  const notKept = native === undefined ? withoutNativeStatement : undefined;
  return {
    snapshot,
    counts: tally.counts,
    problems: problems.problems,
    withheld: target.withheld,
    notKept,
    isComplete: problems.count === 0 && notKept === undefined,
  };
}

/**
 * Gives the target what the walk comes by that is wanted, and the directories on the way to it.
 * @param notes with `isListed` the target remembers all names that the snapshot has, for deleting the others
 */
async function carryOut(
  repository: Repository,
  tree: TreeId,
  selection: RestoreSelection,
  target: Target,
  notes: { tally: RestoreTally; problems: ProblemList; isListed: boolean },
  signal: AbortSignal,
): Promise<void> {
  const { tally, problems, isListed } = notes;
  // The walk and the target are always in the same directory, because nobody reads ahead of the target.
  const isThere = (name: Buffer) => {
    if (isListed) target.innermost.namesInSnapshot?.add(name.toString("latin1"));
  };
  const enters = (names: Names) => {
    isThere(names.at(-1)!);
    return selection.mayHoldSelected(names);
  };
  const onFault = (names: Names, error: HoldfastError) => {
    target.innermost.namesInSnapshot = undefined;
    if (names.length > 0 && !selection.selects(names) && !selection.mayHoldSelected(names)) return;
    problems.addFault(names, error, "targetFailed");
    tally.fault();
  };
  let steps = 0;
  for await (const step of walkTree(repository, tree, { enters, onFault }, signal)) {
    steps += 1;
    if (steps % turnSteps === 0) await nextTurn();
    if (step.kind === "entry") {
      isThere(step.node.name);
      if (!selection.selects(step.names)) continue;
      if (step.node.type === "file") tally.planned(Number(step.node.size));
    }
    await target.take(step);
  }
  await target.finish();
}

function ownersByName(): OwnerOf {
  const numbers = ownerNumbers();
  // Whom nobody knows here gets nothing: as in restic the file is root's then.
  return ({ user, group }) => ({ uid: numbers.user(user) ?? 0, gid: numbers.group(group) ?? 0 });
}
