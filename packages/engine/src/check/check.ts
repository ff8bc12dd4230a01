import { count, formatBytes, type HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { idOf, type Id, type PackId, type SnapshotId } from "../id.ts";
import { packBytes } from "../pack/pack-header.ts";
import { keyFileBytesMax } from "../repository/open-keys.ts";
import type { Repository } from "../repository/repository.ts";
import type { StoredSnapshot } from "../snapshot/snapshot.ts";
import { listSnapshots } from "../snapshot/snapshot-store.ts";
import { AffectedPaths } from "./affected-paths.ts";
import { CheckThreads } from "./check-threads.ts";
import { Faults } from "./faults.ts";
import { countPacks, readPacks, type PackCensus, type PackFaults } from "./pack-check.ts";
import { PackReaders } from "./pack-readers.ts";
import { choosePacks, type PackSubset } from "./pack-subset.ts";
import { Finding, type CheckReport } from "./report.ts";
import { TreeCheck } from "./tree-check.ts";
import { TreeFacts } from "./tree-facts.ts";
import { readTrees } from "./tree-reads.ts";
import { usedPacks } from "./used-packs.ts";

export interface CheckOptions {
  /** Reads every byte of every pack; without it damage inside packs stays unseen, but for directory listings. */
  readonly readData: boolean;
  /** With `readData`: only this part of the packs. */
  readonly subset?: PackSubset;
  /** Only what these snapshots need; default: all of them, and what no snapshot needs as well. */
  readonly snapshots?: readonly SnapshotId[];
  /** Threads that decode and prove; 0: none but the calling one. Default: one for each processor. */
  readonly threads?: number;
}

/** How a check gets on. `total` may still grow while trees are being discovered. */
export interface CheckProgress {
  readonly phase: "index" | "data" | "trees";
  readonly done: number;
  readonly total: number;
  readonly bytesRead: number;
  readonly errorCount: number;
  readonly secondsElapsed: number;
}

/**
 * Looks for everything that would keep a snapshot from being restored, and names the files it would hit.
 *
 * @param repository freshly opened, its index not loaded yet but for what was while the lock was waited for; the caller
 *   holds the exclusive lock, or accepts that a backup beside it can look like damage
 * @returns what was found; only an unreachable storage or an abort throws
 * @see restic-format.md section 16
 */
export async function checkRepository(
  repository: Repository,
  options: CheckOptions,
  onProgress: (progress: CheckProgress) => void = () => {},
  signal?: AbortSignal,
): Promise<CheckReport> {
  const { clock } = repository.context;
  const startedMs = clock.monotonicMs();
  const errors: Finding[] = [];
  let bytesRead = 0;
  const tell = (phase: CheckProgress["phase"], done: number, total: number) => {
    const secondsElapsed = (clock.monotonicMs() - startedMs) / 1000;
    onProgress({ phase, done, total, bytesRead, errorCount: errors.length, secondsElapsed });
  };

  tell("index", 0, 1);
  const stored = await loadAll(repository, errors, signal);
  const snapshots = stored.filter(({ id }) => options.snapshots?.includes(id) ?? true);
  const roots = snapshots.map((snapshot) => snapshot.tree);
  const census = await countPacks(repository, signal);
  const { splitPacks, repeatedPacks } = repository.indexNotes();
  for (const packId of splitPacks)
    errors.push(new Finding(engineErrors.indexDamaged, `Pack ${packId} is spread over several entries.`, { packId }));
  tell("index", 1, 1);

  const packs = options.snapshots === undefined ? undefined : await usedPacks(repository, roots, signal);
  const isChosen = chooser(repository, options, census, packs);
  let packsRead = 0;
  const packsToRead = repository
    .packs()
    .filter(({ id }) => isChosen(id))
    .reduce((n) => n + 1, 0);
  const onPack = (bytes: number) => {
    packsRead += 1;
    bytesRead += bytes;
    tell("data", packsRead, packsToRead);
  };
  const transient: string[] = [];
  const onTransient = (id: PackId, finding: string) =>
    transient.push(`Pack ${id} was read wrongly once and rightly then: look after this machine. ${finding}`);
  const threads = new CheckThreads(repository, options.threads);
  const readers = new PackReaders(repository, threads);
  const isOfSize = (id: PackId) => !census.wrongSize.has(id);
  const faults = new Faults();
  const trees = new TreeCheck(repository, faults);
  let areTreesToldOf = false;
  const tellTrees = () => {
    if (areTreesToldOf) tell("trees", trees.done, trees.trees);
  };
  // The trees are followed here while the threads prove packs; they are told of when the packs are done.
  const [damaged] = await together(
    async (live) => {
      const found = await readPacks(repository, readers, { isChosen, isOfSize }, { onPack, onTransient }, live);
      areTreesToldOf = true;
      return found;
    },
    async (live) => {
      // All listings lie together and are read together; those of a few snapshots are fetched one by one.
      const facts = packs === undefined ? await readTrees(repository, threads, live) : new TreeFacts(0);
      await trees.walk(roots, facts, tellTrees, live);
    },
    signal,
  ).finally(() => threads.close());
  const packFaults: PackFaults = new Map([...census.missing, ...damaged]);
  for (const { finding } of packFaults.values()) errors.push(finding);
  faults.addPacks(repository, packFaults);
  trees.conclude();
  for (const finding of trees.findings) errors.push(finding);
  tellTrees();

  if (!faults.isEmpty) {
    const affected = new AffectedPaths(repository, faults, signal);
    for (const snapshot of snapshots) await affected.report(snapshot);
  }
  return {
    errors: errors.map((finding) => finding.toReport()),
    hints: [...transient, ...hintsFrom(census, repeatedPacks), ...trees.hints],
    snapshots: snapshots.length,
    trees: trees.trees,
    packs: census.packs,
    packsRead,
    bytesRead,
    brokenPacks: [...packFaults.keys()],
    suggestRepairIndex: splitPacks.length > 0 || packFaults.size > 0 || repeatedPacks.length > 0,
    suggestPrune: census.unindexed.packs > 0 || census.mixed > 0,
  };
}

/** Does two things at once. When one fails the other is stopped, and the first failure is thrown after both. */
async function together<First, Second>(
  first: (signal: AbortSignal) => Promise<First>,
  second: (signal: AbortSignal) => Promise<Second>,
  signal: AbortSignal | undefined,
): Promise<[First, Second]> {
  const stop = new AbortController();
  const live = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const stopping = (error: unknown) => {
    stop.abort(error); // what the other one throws because of this is the same reason
    throw error;
  };
  const both = [first(live).catch(stopping), second(live).catch(stopping)] as const;
  await Promise.allSettled(both);
  return Promise.all(both);
}

/** Snapshots first, then the index: what the snapshots name was indexed before. */
async function loadAll(
  repository: Repository,
  errors: Finding[],
  signal: AbortSignal | undefined,
): Promise<StoredSnapshot[]> {
  const onDamaged = (fileId: Id, error: HoldfastError) => errors.push(new Finding(error, error.message, { fileId }));
  for (const { name, sizeBytes } of await repository.list("key", signal)) {
    const fileId = name as Id;
    const isAsNamed = sizeBytes <= keyFileBytesMax && idOf(await readKeyFile(repository, name, signal)) === fileId;
    if (!isAsNamed) errors.push(new Finding(engineErrors.keyDamaged, `The key file ${name} is damaged.`, { fileId }));
  }
  const snapshots = await listSnapshots(repository, onDamaged, signal);
  await repository.loadIndex(signal, onDamaged);
  return snapshots;
}

function readKeyFile(repository: Repository, name: string, signal: AbortSignal | undefined): Promise<Uint8Array> {
  return repository.storage.read({ type: "key", name }, undefined, signal);
}

/** Packs of the wrong size are read in any case: that tells what is lost. */
function chooser(
  repository: Repository,
  { readData, subset }: CheckOptions,
  census: PackCensus,
  used: ReadonlySet<PackId> | undefined,
): (id: PackId) => boolean {
  const isUsed = (id: PackId) => used?.has(id) ?? true;
  let isAsked: (id: PackId) => boolean = readData ? isUsed : () => false;
  if (readData && subset !== undefined) {
    const ids: PackId[] = [];
    let totalBytes = 0;
    for (const { id, blobs } of repository.packs()) {
      if (!isUsed(id)) continue;
      ids.push(id);
      totalBytes += packBytes(blobs);
    }
    const chosen = choosePacks(ids, subset, totalBytes, repository.context.random);
    isAsked = (id) => chosen.has(id);
  }
  return (id) => !census.missing.has(id) && (census.wrongSize.has(id) || isAsked(id));
}

function hintsFrom(census: PackCensus, repeatedPacks: readonly PackId[]): string[] {
  const hints: string[] = [];
  const { packs, bytes } = census.unindexed;
  if (packs > 0) hints.push(`No index names ${count(packs, "pack")} (${formatBytes(bytes)}); prune removes them.`);
  if (census.mixed > 0) hints.push(`Data and trees share ${count(census.mixed, "pack")}; prune separates them.`);
  if (repeatedPacks.length > 0)
    hints.push(`Several index files list ${count(repeatedPacks.length, "pack")}; no harm in that.`);
  return hints;
}
