import { HoldfastError, isFailure, messageOf } from "@holdfast/base";
import { storageErrors } from "@holdfast/storage";
import { engineErrors } from "../errors.ts";
import type { SnapshotId } from "../id.ts";
import { ConcurrencyLimit } from "../repository/concurrency-limit.ts";
import { proveStored } from "../repository/read-back.ts";
import type { Repository } from "../repository/repository.ts";
import { parseSnapshot, serialiseSnapshot, type Snapshot, type StoredSnapshot } from "./snapshot.ts";

/**
 * Names a backed-up state: the last step of a backup, after `flush`. The file is read back, so that what is told to be
 * there is there, and nothing is removed for the sake of a snapshot that the storage only pretended to keep.
 * @returns the new snapshot's id
 * @throws ENGINE_FILE_DAMAGED when the storage does not give it back as it was, ENGINE_LOCK_LOST when that is because the
 *   lock is gone; then it was removed again
 */
export async function saveSnapshot(
  repository: Repository,
  snapshot: Snapshot,
  signal?: AbortSignal,
): Promise<SnapshotId> {
  const id = await repository.saveUnpacked("snapshot", serialiseSnapshot(snapshot), signal);
  try {
    await proveStored(repository, "snapshot", id, signal);
  } catch (error) {
    if (isFailure(error, engineErrors.fileDamaged) || isFailure(error, engineErrors.lockLost))
      await takeBack(repository, id);
    throw error;
  }
  return id;
}

/** A snapshot that cannot be read is in the way of every prune, and one whose lock was lost may name what is gone. */
async function takeBack(repository: Repository, id: SnapshotId): Promise<void> {
  try {
    await repository.storage.remove({ type: "snapshot", name: id });
  } catch (error) {
    repository.context.log.warn("could not remove a snapshot that was not stored well", { id, why: messageOf(error) });
  }
}

/** @throws ENGINE_SNAPSHOT_DAMAGED, ENGINE_FILE_DAMAGED, STORAGE_MISSING */
export async function loadSnapshot(
  repository: Repository,
  id: SnapshotId,
  signal?: AbortSignal,
): Promise<StoredSnapshot> {
  return { ...parseSnapshot(await repository.loadUnpacked("snapshot", id, signal)), id };
}

/**
 * All snapshots, oldest first. To be called before `loadIndex`: then everything they name is in the index.
 * A snapshot that somebody forgets meanwhile is left out.
 *
 * @param onDamaged hears of each snapshot file that cannot be used; the caller decides how bad that is
 */
export async function listSnapshots(
  repository: Repository,
  onDamaged: (id: SnapshotId, error: HoldfastError) => void,
  signal?: AbortSignal,
): Promise<StoredSnapshot[]> {
  const loads = new ConcurrencyLimit(repository.storage.properties.connectionsMax);
  const entries = await repository.list("snapshot", signal);
  const loaded = await Promise.all(
    entries.map((entry) =>
      loads.run(async () => {
        const id = entry.name as SnapshotId;
        try {
          return await loadSnapshot(repository, id, signal);
        } catch (error) {
          if (isFailure(error, storageErrors.missing)) return undefined;
          if (!(error instanceof HoldfastError) || error.kind !== "damaged") throw error;
          onDamaged(id, error);
          return undefined;
        }
      }),
    ),
  );
  return loaded.filter((snapshot) => snapshot !== undefined).sort(byTime);
}

/** Oldest first; snapshots of the same instant by id, so that the order is always the same. */
export function byTime(left: StoredSnapshot, right: StoredSnapshot): number {
  if (left.time.ns !== right.time.ns) return left.time.ns < right.time.ns ? -1 : 1;
  return left.id < right.id ? -1 : 1;
}
