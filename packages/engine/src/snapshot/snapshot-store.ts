import { HoldfastError, isFailure } from "@holdfast/base";
import { storageErrors } from "@holdfast/storage";
import type { SnapshotId } from "../id.ts";
import { ConcurrencyLimit } from "../repository/concurrency-limit.ts";
import type { Repository } from "../repository/repository.ts";
import { parseSnapshot, serialiseSnapshot, type Snapshot, type StoredSnapshot } from "./snapshot.ts";

/**
 * Names a backed-up state: the last step of a backup, after `flush`.
 * @returns the new snapshot's id
 */
export function saveSnapshot(repository: Repository, snapshot: Snapshot, signal?: AbortSignal): Promise<SnapshotId> {
  return repository.saveUnpacked("snapshot", serialiseSnapshot(snapshot), signal);
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
