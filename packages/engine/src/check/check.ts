import { count, formatBytes, type HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { idOf, type Id, type PackId } from "../id.ts";
import { keyFileBytesMax } from "../repository/open-keys.ts";
import type { Repository } from "../repository/repository.ts";
import type { StoredSnapshot } from "../snapshot/snapshot.ts";
import { listSnapshots } from "../snapshot/snapshot-store.ts";
import { AffectedPaths } from "./affected-paths.ts";
import { Faults } from "./faults.ts";
import { countPacks, isInSubset, readPacks, type PackCensus, type PackFaults, type PackSubset } from "./pack-check.ts";
import { Finding, type CheckReport } from "./report.ts";
import { TreeCheck } from "./tree-check.ts";

export interface CheckOptions {
  /** Reads every byte of every pack; without it damage inside packs stays unseen, but for directory listings. */
  readonly readData: boolean;
  /** With `readData`: only this part of the packs. */
  readonly subset?: PackSubset;
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
 * @param repository freshly opened, its index not loaded yet; the caller holds the exclusive lock, or accepts that a
 *   backup beside it can look like damage
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
  const snapshots = await loadAll(repository, errors, signal);
  const census = await countPacks(repository, signal);
  const { splitPacks, repeatedPacks } = repository.indexNotes();
  for (const packId of splitPacks)
    errors.push(new Finding(engineErrors.indexDamaged, `Pack ${packId} is spread over several entries.`, { packId }));
  tell("index", 1, 1);

  const isChosen = chooser(options, census);
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
  const damaged = await readPacks(repository, isChosen, onPack, signal);
  const packFaults: PackFaults = new Map([...census.missing, ...damaged]);
  for (const { finding } of packFaults.values()) errors.push(finding);

  const faults = new Faults();
  faults.addPacks(repository, packFaults);
  const trees = new TreeCheck(repository, faults);
  const roots = snapshots.map((snapshot) => snapshot.tree);
  await trees.walk(roots, (done, known) => tell("trees", done, known), signal);
  for (const finding of trees.findings) errors.push(finding);

  if (!faults.isEmpty) {
    const affected = new AffectedPaths(repository, faults, signal);
    for (const snapshot of snapshots) await affected.report(snapshot);
  }
  return {
    errors: errors.map((finding) => finding.toReport()),
    hints: [...hintsFrom(census, repeatedPacks), ...trees.hints],
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
function chooser(options: CheckOptions, census: PackCensus): (id: PackId) => boolean {
  const { readData, subset } = options;
  const isAsked = (id: PackId) => readData && (subset === undefined || isInSubset(id, subset));
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
