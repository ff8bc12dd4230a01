import { lstatSync, mkdirSync } from "node:fs";
import { resolve } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import type { HoldfastError } from "@holdfast/base";
import { AnchoredDirectory } from "../filesystem/anchored-directory.ts";
import { native, withoutNativeStatement } from "../filesystem/native.ts";
import type { BlobId, SnapshotId, TreeId } from "../id.ts";
import { ProblemList, type ItemProblem, type ItemProblems } from "../item-problem.ts";
import type { Repository } from "../repository/repository.ts";
import type { StoredSnapshot } from "../snapshot/snapshot.ts";
import { loadSnapshot } from "../snapshot/snapshot-store.ts";
import type { TreeNode } from "../tree/node.ts";
import { BlobFetcher, type Fetched } from "./blob-fetcher.ts";
import type { WithheldMetadata } from "./metadata.ts";
import { RestoreSelection, type SelectionOptions } from "./restore-selection.ts";
import { RestoreTally, type RestoreCounts, type RestoreProgress } from "./restore-tally.ts";
import { Target, type OverwriteMode } from "./target.ts";
import { findTree, walkTree, type Names, type TreeStep } from "./walk-tree.ts";
import { windowsOf, type Window } from "./windows.ts";

export interface RestoreOptions extends SelectionOptions {
  readonly snapshotId: SnapshotId;
  /** Names from the snapshot's top to the directory that becomes the top of the target; default the snapshot's own. */
  readonly subfolder?: Names;
  /** Made when it is missing. */
  readonly targetDir: string;
  /** Default "always". */
  readonly overwrite?: OverwriteMode;
  /** Leaves zeros unwritten, as holes. */
  readonly sparse?: boolean;
  /** Reads each file back after it was written. */
  readonly verify?: boolean;
  /** Who locks; without it the repository is only read, which a prune elsewhere may disturb. */
  readonly lock?: {
    readonly hostname: string;
    readonly username: string;
    readonly pid: number;
    readonly retryForMs?: number;
  };
  readonly onProblem?: (problem: ItemProblem) => void;
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

const turnSteps = 16;

/**
 * Restores a snapshot or a part of it into a directory and never outside of it, whatever the snapshot says and whatever
 * happens to the target meanwhile. Damaged and missing parts of the repository cost the files they belong to and no
 * others. Interrupted and started again it goes on with what is missing.
 *
 * @param onProgress called ten times a second at most, and at the end
 * @throws the signal's reason, ENGINE_SNAPSHOT_MISSING, ENGINE_PATH_MISSING, ENGINE_BAD_PATTERN, ENGINE_LOCKED,
 *   ENGINE_TARGET_FULL, and what the storage throws when it is not damage
 */
export async function restore(
  repository: Repository,
  options: RestoreOptions,
  onProgress: (progress: RestoreProgress) => void = () => {},
  signal: AbortSignal = new AbortController().signal,
): Promise<RestoreResult> {
  const selection = new RestoreSelection(options);
  const lock = options.lock && (await repository.lock("shared", options.lock, signal));
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
  const { subfolder = [], overwrite = "always", sparse = false, verify = false, onProblem = () => {} } = options;
  const tree = await findTree(repository, snapshot.tree, subfolder, signal);

  const tally = new RestoreTally(repository.context.clock, onProgress);
  const isWhole = selection.isEverything && subfolder.length === 0;
  if (isWhole && snapshot.summary !== undefined) {
    const { totalFilesProcessed, totalBytesProcessed } = snapshot.summary;
    tally.expect({ files: totalFilesProcessed, bytes: totalBytesProcessed });
  }
  const problems = new ProblemList(onProblem);
  const targetDir = resolve(options.targetDir);
  mkdirSync(targetDir, { recursive: true, mode: 0o700 });
  const top = AnchoredDirectory.open(Buffer.from(targetDir));
  const target = new Target({
    top,
    overwrite,
    isSparse: sparse,
    isVerified: verify,
    tally,
    problems,
    plainLength: (id) => repository.plainLength("data", id),
    isSelected: (names) => selection.selects(names),
    signal,
  });
  try {
    const fetcher = new BlobFetcher(repository);
    const steps = selectedSteps(repository, tree, selection, tally, problems, signal);
    const windows = windowsOf(steps, (id) => fetcher.plainBytes(id), contentGuess(targetDir));
    await carryOutAll(windows, fetcher, target, signal);
  } finally {
    target.close();
    top.close();
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

/** What the walk comes by that is wanted, and the directories on the way to it. */
async function* selectedSteps(
  repository: Repository,
  tree: TreeId,
  selection: RestoreSelection,
  tally: RestoreTally,
  problems: ProblemList,
  signal: AbortSignal,
): AsyncGenerator<TreeStep> {
  const onFault = (names: Names, error: HoldfastError) => {
    if (names.length > 0 && !selection.selects(names) && !selection.mayHoldSelected(names)) return;
    problems.addFault(names, error, "targetFailed");
    tally.fault();
  };
  const walk = walkTree(repository, tree, { enters: (names) => selection.mayHoldSelected(names), onFault }, signal);
  for await (const step of walk) {
    if (step.kind === "entry" && !selection.selects(step.names)) continue;
    if (step.kind === "entry" && step.node.type === "file") tally.planned(Number(step.node.size));
    yield step;
  }
}

/**
 * Guesses whether a file's chunks will be needed: not when a file of its size is there already, which is then compared
 * first, nor for further names of a file. A wrong guess costs time only.
 */
function contentGuess(targetDir: string): (names: Names, node: TreeNode) => boolean {
  const seen = new Set<string>();
  const slash = Buffer.from("/");
  return (names, node) => {
    if (node.links > 1n) {
      const identity = `${node.deviceId}:${node.inode}`;
      if (seen.has(identity)) return false;
      seen.add(identity);
    }
    const path = Buffer.concat([Buffer.from(targetDir), ...names.flatMap((name) => [slash, name])]);
    try {
      return lstatSync(path, { bigint: true, throwIfNoEntry: false })?.size !== node.size;
    } catch {
      return true;
    }
  };
}

async function carryOutAll(
  windows: AsyncGenerator<Window>,
  fetcher: BlobFetcher,
  target: Target,
  signal: AbortSignal,
): Promise<void> {
  let steps = 0;
  for await (const { window, fetched } of fetchedAhead(windows, fetcher, signal)) {
    const supply = async (id: BlobId) => fetched.get(id) ?? (await fetcher.fetch([id], signal)).get(id)!;
    for (const step of window.steps) {
      steps += 1;
      if (steps % turnSteps === 0) await nextTurn();
      signal.throwIfAborted();
      await target.carryOut(step, supply);
    }
  }
}

interface FetchedWindow {
  readonly window: Window;
  readonly fetched: ReadonlyMap<BlobId, Fetched>;
}

/** The windows with their chunks; the next one is fetched while one is written. */
async function* fetchedAhead(
  windows: AsyncGenerator<Window>,
  fetcher: BlobFetcher,
  signal: AbortSignal,
): AsyncGenerator<FetchedWindow> {
  const begin = async (): Promise<FetchedWindow | undefined> => {
    const next = await windows.next();
    if (next.done === true) return undefined;
    return { window: next.value, fetched: await fetcher.fetch(next.value.ids, signal) };
  };
  let ahead = begin();
  try {
    for (let current = await ahead; current !== undefined; current = await ahead) {
      ahead = begin();
      ahead.catch(() => {}); // heard of when its turn comes
      yield current;
    }
  } finally {
    await ahead.catch(() => {});
  }
}
