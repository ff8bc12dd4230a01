import { isDeepStrictEqual } from "node:util";
import type { SnapshotId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { serialiseSnapshot, type Snapshot, type StoredSnapshot } from "../snapshot/snapshot.ts";
import { saveSnapshot } from "../snapshot/snapshot-store.ts";

/** What happened to a snapshot. */
export type Replacement =
  | { readonly kind: "unchanged" }
  /** `isNew` is false when an earlier run had made it already. */
  | { readonly kind: "replaced"; readonly id: SnapshotId; readonly isNew: boolean; readonly isOldRemoved: boolean }
  /** Nothing is left of it. Only removed when the caller wanted the old ones gone. */
  | { readonly kind: "empty"; readonly isOldRemoved: boolean };

export interface ReplaceOptions {
  /** Removes the old snapshot once the new one is stored. */
  readonly forget: boolean;
  /** Marks the new snapshot while the old one stays. */
  readonly tag: string;
}

/**
 * Stores the changed snapshot after everything it names, then lets go of the old one if that is wanted. What another
 * program wrote into the snapshot and we do not know stays in it. A run that was killed after the first step is taken up
 * again: what it stored is found and not stored twice.
 *
 * @param others the snapshots there are, by the id of the one they were made from
 */
export async function replaceSnapshot(
  repository: Repository,
  old: StoredSnapshot,
  changed: Snapshot,
  { forget, tag }: ReplaceOptions,
  others: readonly StoredSnapshot[],
  signal?: AbortSignal,
): Promise<Replacement> {
  await repository.flush(signal);
  const tags = forget || old.tags.includes(tag) ? old.tags : [...old.tags, tag];
  const snapshot = { ...changed, original: old.id, tags };
  const earlier = others.find((other) => other.original === old.id && isSameSnapshot(other, snapshot));
  const id = earlier?.id ?? (await saveSnapshot(repository, snapshot, signal));
  if (forget) await repository.removeFile("snapshot", old.id, signal);
  return { kind: "replaced", id, isNew: earlier === undefined, isOldRemoved: forget };
}

function isSameSnapshot(left: Snapshot, right: Snapshot): boolean {
  return isDeepStrictEqual(serialiseSnapshot(left), serialiseSnapshot(right));
}
