import type { SnapshotId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import type { Snapshot, StoredSnapshot } from "./snapshot.ts";
import { saveSnapshot } from "./snapshot-store.ts";

/**
 * Writes a snapshot anew with other things said about it, then removes the old file: whenever this stops, one of the
 * two is there. The new one names its first ancestor as `original`; keys of other programs are kept.
 *
 * The caller holds the exclusive lock. Repeated after a stop between the two, it leaves one new snapshot besides.
 *
 * @returns the new id
 * @see restic-format.md section 11
 */
export async function replaceSnapshot(
  repository: Repository,
  old: StoredSnapshot,
  changes: Partial<Snapshot>,
  signal?: AbortSignal,
): Promise<SnapshotId> {
  const { id, ...said } = old;
  const changed: Snapshot = { ...said, original: said.original ?? id, ...changes };
  const newId = await saveSnapshot(repository, changed, signal);
  if (newId !== id) await repository.removeFile("snapshot", id, signal);
  return newId;
}
