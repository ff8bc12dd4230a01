// A repository, its snapshots, and the words for what is in them: all that a command needs that only looks.
export {
  cacheAgeMaxDays,
  cacheBytes,
  listCaches,
  oldCaches,
  removeCache,
  removeOldCaches,
  type RepositoryCache,
} from "../cache/cache-list.ts";
export { blobTypes, type BlobPlace, type BlobType } from "../blob.ts";
export type { EngineContext } from "../context.ts";
export { engineErrors } from "../errors.ts";
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
} from "../id.ts";
export type { KdfParameters } from "../crypto/key-file.ts";
export type { PackedBlob } from "../pack/pack-header.ts";
export { packBytesTarget } from "../pack/pack-writer.ts";
export type { PackReading } from "../pack/pack-reading.ts";
export type { SavedBlob } from "../repository/blob-writer.ts";
export type { RepositoryLock } from "../repository/held-lock.ts";
export type { LockKind } from "../repository/lock-file.ts";
export type { LockOptions } from "../repository/lock.ts";
export { Repository } from "../repository/repository.ts";
export type { CacheOptions, InitOptions, OpenOptions, SessionOptions } from "../repository/session-options.ts";
export { findSnapshot, matchesFilter, type SnapshotFilter } from "../snapshot/find.ts";
export { parseSnapshot, serialiseSnapshot, type Snapshot, type StoredSnapshot } from "../snapshot/snapshot.ts";
export { byTime, listSnapshots, loadSnapshot, saveSnapshot } from "../snapshot/snapshot-store.ts";
export type { SnapshotSummary } from "../snapshot/summary.ts";
export { compressionModes, type CompressionMode } from "../pack/compression.ts";
export type { ItemProblem, ItemProblems } from "../item-problem.ts";
export { displayPath, parseDisplayPath } from "../tree/name-quoting.ts";
export { bareNode, type ExtendedAttribute, type NodeType, type TreeNode } from "../tree/node.ts";
export {
  findNode,
  findTree,
  listDirectory,
  walkTree,
  type Names,
  type TreeStep,
  type WalkOptions,
} from "../restore/walk-tree.ts";
export { permissionsOf } from "../tree/mode.ts";
export { formatTimestamp, localTimestamp, localOffsetS, type Timestamp } from "../tree/timestamp.ts";
export { goJsonBytes, goJsonText } from "../tree/go-json.ts";
export { findFile } from "../repository/find-file.ts";
export type { KeyEntry, NewKey } from "../repository/key-ring.ts";
export { removeLocks, type RemoveLocksOptions } from "../repository/remove-locks.ts";
