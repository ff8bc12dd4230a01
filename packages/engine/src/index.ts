export {
  cacheAgeMaxDays,
  cacheBytes,
  listCaches,
  oldCaches,
  removeCache,
  type RepositoryCache,
} from "./cache/cache-list.ts";
export { blobTypes, type BlobPlace, type BlobType } from "./blob.ts";
export type { EngineContext } from "./context.ts";
export { engineErrors } from "./errors.ts";
export {
  idFromBytes,
  idOf,
  isId,
  parseId,
  sha256,
  shortId,
  type BlobId,
  type Id,
  type IndexId,
  type PackId,
  type SnapshotId,
  type TreeId,
} from "./id.ts";
export { generatePolynomial, isIrreducible, type Polynomial } from "./chunker/polynomial.ts";
export { defaultKdf, type KdfParameters } from "./crypto/key-file.ts";
export type { PackedBlob } from "./pack/pack-header.ts";
export { packBytesTarget } from "./pack/pack-writer.ts";
export type { PackReading } from "./pack/pack-reading.ts";
export type { SavedBlob } from "./repository/blob-writer.ts";
export type { RepositoryLock } from "./repository/held-lock.ts";
export type { LockKind } from "./repository/lock-file.ts";
export type { LockOptions } from "./repository/lock.ts";
export {
  Repository,
  type CacheOptions,
  type InitOptions,
  type OpenOptions,
  type SessionOptions,
} from "./repository/repository.ts";
export { Chunker, chunkBytesMax, chunkBytesMin } from "./chunker/chunker.ts";
export { chunks } from "./chunker/chunks.ts";
export { findSnapshot, matchesFilter, selectParent, type ParentQuery, type SnapshotFilter } from "./snapshot/find.ts";
export { parseSnapshot, serialiseSnapshot, type Snapshot, type StoredSnapshot } from "./snapshot/snapshot.ts";
export { byTime, listSnapshots, loadSnapshot, saveSnapshot } from "./snapshot/snapshot-store.ts";
export type { SnapshotSummary } from "./snapshot/summary.ts";
export { backup, fullTag, type BackupOptions, type BackupResult, type ParentGroup } from "./backup/backup.ts";
export type { BackupItem } from "./backup/item.ts";
export { compressionModes, type CompressionMode } from "./pack/compression.ts";
export type {
  BackupSource,
  SourceDirectory,
  SourceDoor,
  SourceEntry,
  SourceFile,
  SourceStream,
  SourceTotals,
} from "./backup/source.ts";
export type { BackupCounts, BackupProgress } from "./backup/tally.ts";
export { AnchoredDirectory } from "./filesystem/anchored-directory.ts";
export { describeFile, linkTargetOf } from "./filesystem/describe-file.ts";
export { lacksAttributes, readAttributes } from "./filesystem/extended-attributes.ts";
export { isDirectory, isFile, isSocket, type FileStats } from "./filesystem/file-stats.ts";
export { native, withoutNativeStatement } from "./filesystem/native.ts";
export { ownerNames, type OwnerNames } from "./filesystem/owner-names.ts";
export type { ItemProblem, ItemProblems } from "./item-problem.ts";
export { displayPath, parseDisplayPath, quoteName } from "./tree/name-quoting.ts";
export { bareNode, type ExtendedAttribute, type NodeType, type TreeNode } from "./tree/node.ts";
export { Glob } from "./patterns/glob.ts";
export { decodeName } from "./patterns/name-text.ts";
export { PatternList } from "./patterns/pattern-list.ts";
export { checkRepository, type CheckOptions, type CheckProgress } from "./check/check.ts";
export type { PackSubset } from "./check/pack-subset.ts";
export type { AffectedPath, CheckFinding, CheckReport } from "./check/report.ts";
export {
  compareRestored,
  differenceKinds,
  type Comparison,
  type ComparisonProgress,
  type Difference,
  type DifferenceKind,
} from "./restore/compare.ts";
export { readFile } from "./restore/read-file.ts";
export { restore, type RestoreOptions, type RestoreResult } from "./restore/restore.ts";
export type { RestoreCounts, RestoreProgress } from "./restore/restore-tally.ts";
export type { RestoredItem } from "./restore/restored-item.ts";
export type { OverwriteMode } from "./restore/target-parts.ts";
export {
  findNode,
  findTree,
  listDirectory,
  walkTree,
  type Names,
  type TreeStep,
  type WalkOptions,
} from "./restore/walk-tree.ts";
export { permissionsOf } from "./tree/mode.ts";
export { formatTimestamp, localTimestamp, localOffsetS, type Timestamp } from "./tree/timestamp.ts";
export { copySnapshots, type CopyOptions, type CopyProgress, type CopyResult } from "./copy/copy.ts";
export { BackupTrial, type TrialResult } from "./backup/trial.ts";
export { diffTrees, type Change, type DiffOptions, type DiffResult, type SideTotals } from "./diff/diff.ts";
export { EntryFinder, type EntryQuery, type FoundEntry } from "./find/find-entries.ts";
export { ObjectFinder, type FoundObject } from "./find/find-objects.ts";
export { WantedObjects } from "./find/wanted-objects.ts";
export { countStats, statsModes, type Stats, type StatsMode, type StatsOptions } from "./stats/stats.ts";
export { goJsonBytes, goJsonText } from "./tree/go-json.ts";
export { findFile } from "./repository/find-file.ts";
export type { KeyEntry, NewKey } from "./repository/key-ring.ts";
export { removeLocks, type RemoveLocksOptions } from "./repository/remove-locks.ts";
export { forgetSnapshots, type ForgetResult } from "./forget/forget-snapshots.ts";
export { tagSnapshots, type TagChange } from "./tag/tag-snapshots.ts";
export { lookAheadOfPrune, prune, type PruneOptions, type PruneProgress, type PruneResult } from "./prune/prune.ts";
export type { PrunePlan, UnusedLimit } from "./prune/prune-plan.ts";
export type { PruneStatistics } from "./prune/prune-statistics.ts";
export { applyMigration, migrations, type Migration } from "./migrate/migrate.ts";
export { dumpTree, type ArchiveFormat, type DumpOptions } from "./dump/dump.ts";
export { recover, type RecoverOptions, type Recovery } from "./repair/recover.ts";
export { repairIndex, type IndexRepair, type RepairIndexOptions } from "./repair/repair-index.ts";
export { repairPacks, type PacksRepair, type RepairPacksOptions } from "./repair/repair-packs.ts";
export { repairSnapshots, type Mending, type RepairSnapshotsOptions } from "./repair/repair-snapshots.ts";
export type { Replacement } from "./rewrite/replace-snapshots.ts";
export { rewriteSnapshots, type RewriteOptions } from "./rewrite/rewrite-snapshots.ts";
export { RepositoryView, type ViewEntry } from "./mount/repository-view.ts";
export { defaultTemplates, type FolderTemplates } from "./mount/snapshot-folders.ts";
