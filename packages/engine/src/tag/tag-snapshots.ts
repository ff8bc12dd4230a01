import type { SnapshotId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { replaceSnapshot } from "../snapshot/replace-snapshot.ts";
import type { StoredSnapshot } from "../snapshot/snapshot.ts";

/** What becomes of a snapshot's tags: new ones instead of all, or some added and some removed. */
export type TagChange =
  | { readonly set: readonly string[] }
  | { readonly add: readonly string[]; readonly remove: readonly string[] };

/** The tags after the change, in restic's order: added behind, and the last one takes the place of one removed. */
export function changeTags(tags: readonly string[], change: TagChange): readonly string[] {
  if ("set" in change) return change.set;
  const changed = [...tags];
  for (const tag of change.add) if (!changed.includes(tag)) changed.push(tag);
  for (const tag of change.remove) {
    const at = changed.indexOf(tag);
    if (at < 0) continue;
    changed[at] = changed.at(-1) ?? tag;
    changed.pop();
  }
  return changed;
}

/**
 * Changes the tags of snapshots, one after the other; those whose tags stay as they are stay untouched. Each change
 * makes a new snapshot in place of the old. The caller holds the exclusive lock.
 *
 * @param onChanged hears of each snapshot that was replaced, when it was
 * @returns how many were changed
 */
export async function tagSnapshots(
  repository: Repository,
  snapshots: readonly StoredSnapshot[],
  change: TagChange,
  onChanged: (oldId: SnapshotId, newId: SnapshotId) => void = () => {},
  signal?: AbortSignal,
): Promise<number> {
  let changed = 0;
  for (const snapshot of snapshots) {
    const tags = changeTags(snapshot.tags, change);
    if (JSON.stringify(tags) === JSON.stringify(snapshot.tags)) continue;
    onChanged(snapshot.id, await replaceSnapshot(repository, snapshot, { tags }, signal));
    changed += 1;
  }
  return changed;
}
