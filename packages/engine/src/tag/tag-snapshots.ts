import type { SnapshotId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { serialiseSnapshot, type Snapshot, type StoredSnapshot } from "../snapshot/snapshot.ts";
import { listSnapshots, saveSnapshot } from "../snapshot/snapshot-store.ts";

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
 * makes a new snapshot, which names the first ancestor and keeps what other programs wrote into the old one; then the
 * old one goes. Whenever this stops, one of the two is there, or both; the next run then takes up what was stored.
 * The caller holds the exclusive lock.
 *
 * @param onChanged hears of each snapshot that was replaced, when it was
 * @returns how many were changed
 * @see restic-format.md sections 11 and 17
 */
export async function tagSnapshots(
  repository: Repository,
  snapshots: readonly StoredSnapshot[],
  change: TagChange,
  onChanged: (oldId: SnapshotId, newId: SnapshotId) => void = () => {},
  signal?: AbortSignal,
): Promise<number> {
  const changes = snapshots
    .map((old) => ({ old, changed: withTags(old, changeTags(old.tags, change)) }))
    .filter(({ old, changed }) => JSON.stringify(old.tags) !== JSON.stringify(changed.tags));
  if (changes.length === 0) return 0;
  const stored = await idsByContent(repository, signal);
  for (const { old, changed } of changes) {
    const newId = stored.get(contentOf(changed)) ?? (await saveSnapshot(repository, changed, signal));
    await repository.removeFile("snapshot", old.id, signal);
    onChanged(old.id, newId);
  }
  return changes.length;
}

function withTags({ id, ...said }: StoredSnapshot, tags: readonly string[]): Snapshot {
  return { ...said, original: said.original ?? id, tags };
}

/** What a run that was stopped has stored already; the new snapshot names the old one, so no other is taken for it. */
async function idsByContent(repository: Repository, signal: AbortSignal | undefined): Promise<Map<string, SnapshotId>> {
  const all = await listSnapshots(repository, () => {}, signal);
  return new Map(all.map((snapshot) => [contentOf(snapshot), snapshot.id]));
}

const contentOf = (snapshot: Snapshot) => Buffer.from(serialiseSnapshot(snapshot)).toString();
