import { availableParallelism } from "node:os";
import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import type { SnapshotId, TreeId } from "../id.ts";
import type { ItemProblem, ItemProblems } from "../item-problem.ts";
import type { LaneNews } from "./lanes/lane-tally.ts";
import { Lanes } from "./lanes/lanes.ts";
import type { Repository } from "../repository/repository.ts";
import { selectParent } from "../snapshot/find.ts";
import { emptySnapshot, type Snapshot, type StoredSnapshot } from "../snapshot/snapshot.ts";
import { listSnapshots, loadSnapshot, saveSnapshot } from "../snapshot/snapshot-store.ts";
import { localTimestamp, type Timestamp } from "../tree/timestamp.ts";
import { Archiver } from "./archiver.ts";
import type { IgnoredChanges } from "./change-detection.ts";
import type { BackupItem } from "./item.ts";
import { rememberedTrees, type RememberedTrees } from "./known-trees/remembered-trees.ts";
import type { BackupSource, SourceDoor, SourceDoorMaker, SourceTotals, SourceTwin } from "./source.ts";
import { Tally, type BackupCounts, type BackupProgress } from "./tally.ts";

/**
 * The tag of snapshots for which every byte was read again. A tag, because stock restic shows it, filters by it, and
 * keeps it when it copies or rewrites a snapshot; keys of our own it would drop.
 */
export const fullTag = "full";

export interface BackupOptions {
  /** "full" trusts no parent and reads every byte; "incremental" reads what differs from the parent snapshot. */
  readonly technology: "full" | "incremental";
  /** What "incremental" compares with; default the latest snapshot of this host with these paths. */
  readonly parentId?: SnapshotId;
  /** What that default has in common with the new snapshot; default host and paths. */
  readonly groupBy?: ParentGroup;
  /** What does not make a file changed. */
  readonly ignoredChanges?: IgnoredChanges;
  /** What the snapshot says of its time; default when it begins. A parent is not younger. */
  readonly time?: Timestamp;
  /** Makes no snapshot when it would hold exactly what its parent holds. */
  readonly skipIfUnchanged?: boolean;
  /** False: nobody walks the source beforehand to know how much there is to do; default true. */
  readonly isMeasured?: boolean;
  readonly hostname: string;
  readonly username: string;
  readonly pid: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly tags?: readonly string[];
  /** Such as "holdfast 0.1.0". */
  readonly programVersion: string;
  /** Threads that read at least; default as many as there are processors, up to eight. */
  readonly readConcurrency?: number;
  /** How long to wait for somebody else's exclusive lock; default not at all. */
  readonly retryLockForMs?: number;
  /** Hears of each problem when it comes up; the result has them too. */
  readonly onProblem?: (problem: ItemProblem) => void;
  /** Hears of each file and directory when it is done; costs a little for each. */
  readonly onItem?: (item: BackupItem) => void;
  /** Hears once how much there is, when the source was walked for it. */
  readonly onMeasured?: (totals: SourceTotals, durationMs: number) => void;
}

/** What snapshots have in common that are compared with one another. */
export interface ParentGroup {
  readonly host: boolean;
  readonly paths: boolean;
  readonly tags: boolean;
}

export interface BackupResult {
  /** The snapshot that holds this state: a new one, or the parent when `isSkipped`. In a dry run it is not stored. */
  readonly snapshotId: SnapshotId;
  /** True when no snapshot was made, because nothing had changed. */
  readonly isSkipped: boolean;
  readonly treeId: TreeId;
  readonly parentId: SnapshotId | undefined;
  readonly startedAtMs: number;
  readonly endedAtMs: number;
  readonly counts: BackupCounts;
  /** What is missing from the snapshot or incomplete in it. */
  readonly problems: ItemProblems;
  /** Files that were written to while they were read: they hold what was read, maybe no state they ever had. */
  readonly changedWhileRead: readonly string[];
  /** What this machine cannot keep at all, a sentence; undefined when it keeps everything. */
  readonly notKept: string | undefined;
  /** True when everything selected is in the snapshot with all that belongs to it; else the exit code is 3. */
  readonly isComplete: boolean;
}

/** More threads than that wait for the storage and for one another. */
const threadsMax = 8;

/**
 * Backs a source up: packs, then the indexes that name them, then the snapshot that names all of it. Until that last
 * file is stored nothing refers to this backup, so it may be killed at any moment.
 *
 * @param onProgress called ten times a second at most, and at the end
 * @param signal ends the backup; nothing is named then, and what was stored already serves the next one
 * @throws the signal's reason, ENGINE_LOCKED, ENGINE_LOCK_LOST, ENGINE_NOTHING_TO_BACK_UP, what the storage throws
 */
export async function backup(
  repository: Repository,
  source: BackupSource,
  options: BackupOptions,
  onProgress: (progress: BackupProgress) => void = () => {},
  signal: AbortSignal = new AbortController().signal,
): Promise<BackupResult> {
  const { hostname, username, pid, uid = 0, gid = 0, retryLockForMs = 0 } = options;
  const failed = source.failed === undefined ? [] : [source.failed];
  // Nothing is written, so nobody need know.
  if (repository.isDryRun)
    return backupUnderLock(repository, source, options, onProgress, AbortSignal.any([signal, ...failed]));
  const lock = await repository.lock(
    "shared",
    { hostname, username, pid, uid, gid, retryForMs: retryLockForMs, loadsIndex: true },
    signal,
  );
  try {
    return await backupUnderLock(
      repository,
      source,
      options,
      onProgress,
      AbortSignal.any([signal, lock.signal, ...failed]),
    );
  } finally {
    await lock.release();
  }
}

async function backupUnderLock(
  repository: Repository,
  source: BackupSource,
  options: BackupOptions,
  onProgress: (progress: BackupProgress) => void,
  signal: AbortSignal,
): Promise<BackupResult> {
  const { clock } = repository.context;
  const startedAtMs = clock.nowMs();
  const time = options.time ?? timestampOf(startedAtMs);
  const tally = new Tally(clock, { onProgress, onProblem: options.onProblem, onItem: options.onItem });

  const parent = await findParent(repository, source, options, time, signal);
  await repository.loadIndex(signal);
  const measuring = measure(repository, source, options, parent, tally, signal);
  const remembered = ignoresChanges(options)
    ? undefined
    : await rememberedTrees(repository, source, parent !== undefined && options.onItem === undefined);
  let treeId: TreeId | undefined;
  try {
    treeId = await archive(repository, source, options, parent?.tree, remembered, tally, signal);
  } finally {
    measuring.stop();
    await measuring.ended;
  }
  if (treeId === undefined) {
    throw new HoldfastError(engineErrors.nothingToBackUp, "There is nothing to back up, so no snapshot was made.");
  }
  await repository.flush(signal);
  signal.throwIfAborted();
  await remembered?.keep();

  const endedAtMs = clock.nowMs();
  const unchanged = options.skipIfUnchanged === true && parent?.tree === treeId ? parent : undefined;
  const snapshot: Snapshot = {
    ...emptySnapshot,
    time,
    parent: parent?.id,
    tree: treeId,
    paths: source.targets,
    hostname: options.hostname,
    username: options.username,
    uid: options.uid ?? 0,
    gid: options.gid ?? 0,
    excludes: source.excludes,
    tags: tagsOf(options),
    programVersion: options.programVersion,
    summary: { backupStart: timestampOf(startedAtMs), backupEnd: timestampOf(endedAtMs), ...tally.counts },
    otherKeys: [],
  };
  const snapshotId = unchanged?.id ?? (await saveSnapshot(repository, snapshot, signal));
  tally.finish();
  return {
    snapshotId,
    isSkipped: unchanged !== undefined,
    treeId,
    parentId: parent?.id,
    startedAtMs,
    endedAtMs,
    counts: tally.counts,
    problems: tally.problems,
    changedWhileRead: tally.filesChangedWhileRead,
    notKept: source.notKept,
    isComplete: tally.problems.count === 0 && source.notKept === undefined,
  };
}

/** Reads the source and stores it, up to what the lanes' last packs hold. @returns undefined when it is empty */
async function archive(
  repository: Repository,
  source: BackupSource,
  { readConcurrency, ignoredChanges = {}, onItem }: BackupOptions,
  parentTree: TreeId | undefined,
  remembered: RememberedTrees | undefined,
  tally: Tally,
  signal: AbortSignal,
): Promise<TreeId | undefined> {
  const { twin } = source;
  const door = twin === undefined ? undefined : await openDoor(twin);
  const threads = twin === undefined ? 0 : Math.max(readConcurrency ?? 0, Math.min(availableParallelism(), threadsMax));
  const top = await source.open(signal);
  const onNews = (news: LaneNews, lane: number) => tally.absorb(news, lane);
  const tellsItems = onItem !== undefined;
  const [knownTrees, looks] = [remembered?.known, remembered?.looks];
  const ways = { threads, twin, door, ignoredChanges, tellsItems, onNews };
  const known = { notesLooks: looks !== undefined, knownTrees: knownTrees?.handle };
  const lanes = new Lanes(repository, { ...ways, ...known }, signal);
  try {
    const laneCount = Math.max(1, threads);
    const archiver = new Archiver({ repository, lanes, laneCount, door, tally, signal, knownTrees, looks });
    const treeId = await archiver.archive(top, parentTree);
    await lanes.finish();
    return treeId;
  } finally {
    await lanes.close();
  }
}

/** Then a directory that looks the same need not be the same, nor the other way round. */
function ignoresChanges({ ignoredChanges: { ctime = false, inode = false } = {} }: BackupOptions): boolean {
  return ctime || inode;
}

async function openDoor({ module, data }: SourceTwin): Promise<SourceDoor> {
  const loaded: { openDoor: SourceDoorMaker } = await import(module);
  return loaded.openDoor(data);
}

function timestampOf(ms: number): Timestamp {
  return localTimestamp(BigInt(Math.trunc(ms)) * 1_000_000n);
}

function tagsOf(options: BackupOptions): string[] {
  const tags = new Set(options.tags);
  if (options.technology === "full") tags.add(fullTag);
  return [...tags];
}

async function findParent(
  repository: Repository,
  source: BackupSource,
  options: BackupOptions,
  time: Timestamp,
  signal: AbortSignal,
): Promise<StoredSnapshot | undefined> {
  if (options.technology === "full" || source.isStream === true) return undefined;
  if (options.parentId !== undefined) return loadSnapshot(repository, options.parentId, signal);
  const { log } = repository.context;
  const snapshots = await listSnapshots(
    repository,
    (id, error) => log.warn("a damaged snapshot is no parent", { id, code: error.code }),
    signal,
  );
  const { host, paths, tags } = options.groupBy ?? { host: true, paths: true, tags: false };
  return selectParent(snapshots, {
    timeNs: time.ns,
    ...(host && { hostname: options.hostname }),
    ...(paths && { paths: source.targets }),
    ...(tags && { tags: options.tags ?? [] }),
  });
}

/** Finds out beside the backup how much there is to do. The parent knows about as much, so then nothing is measured. */
function measure(
  repository: Repository,
  source: BackupSource,
  { isMeasured = true, onMeasured }: BackupOptions,
  parent: StoredSnapshot | undefined,
  tally: Tally,
  signal: AbortSignal,
): { stop: () => void; ended: Promise<void> } {
  const summary = parent?.summary;
  if (summary !== undefined) {
    tally.expect({ files: summary.totalFilesProcessed, bytes: summary.totalBytesProcessed });
    return { stop: () => {}, ended: Promise.resolve() };
  }
  if (!isMeasured) return { stop: () => {}, ended: Promise.resolve() };
  const { clock } = repository.context;
  const startedMs = clock.monotonicMs();
  const stop = new AbortController();
  let latest: SourceTotals = { files: 0, bytes: 0 };
  const onTotals = (totals: SourceTotals) => {
    latest = totals;
    tally.expect(totals);
  };
  // An estimate that fails costs the progress bar its end and nothing else.
  const ended = source
    .measure(onTotals, AbortSignal.any([signal, stop.signal]))
    .then(() => onMeasured?.(latest, clock.monotonicMs() - startedMs))
    .catch(() => {});
  return { stop: () => stop.abort(), ended };
}
