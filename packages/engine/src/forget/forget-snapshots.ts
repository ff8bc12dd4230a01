import { HoldfastError } from "@holdfast/base";
import type { SnapshotId } from "../id.ts";
import { inParallel } from "../repository/in-parallel.ts";
import type { Repository } from "../repository/repository.ts";

export interface ForgetResult {
  readonly removed: readonly SnapshotId[];
  /** Those that the storage would not give up, such as under an object lock, with why. */
  readonly refused: readonly { readonly id: SnapshotId; readonly error: HoldfastError }[];
}

/**
 * Removes snapshots from the list of what can be restored. Their data stays until prune finds that nothing else names
 * it. Each removal stands for itself: stopped at any moment, some snapshots are gone and all others are whole. One
 * that is gone already counts as removed.
 *
 * The caller holds the exclusive lock.
 *
 * @param onRemoved hears of each as it goes
 * @throws ENGINE_LOCK_LOST, and the signal's reason; what the storage says of one file is in the result
 */
export async function forgetSnapshots(
  repository: Repository,
  ids: readonly SnapshotId[],
  onRemoved: (id: SnapshotId, done: number) => void = () => {},
  signal?: AbortSignal,
): Promise<ForgetResult> {
  const removed: SnapshotId[] = [];
  const refused: { id: SnapshotId; error: HoldfastError }[] = [];
  await inParallel(new Set(ids), Math.max(1, repository.storage.properties.connectionsMax), async (id) => {
    signal?.throwIfAborted();
    try {
      await repository.removeFile("snapshot", id, signal);
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof HoldfastError) || !isStorageAnswer(error)) throw error;
      refused.push({ id, error });
      return;
    }
    removed.push(id);
    onRemoved(id, removed.length);
  });
  return { removed, refused };
}

/** A storage's refusal of one file leaves the others; a lost lock ends everything. */
function isStorageAnswer({ code }: HoldfastError): boolean {
  return code.startsWith("STORAGE_");
}
