import { isDeepStrictEqual } from "node:util";
import type { SnapshotId } from "../id.ts";
import type { ReadBack } from "../repository/read-back.ts";
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
  /** From before the first tree was stored: read back where an old snapshot goes. */
  readonly written: ReadBack;
}

/** A snapshot and what it is to become. */
export interface PlannedReplacement {
  readonly old: StoredSnapshot;
  readonly becomes: Snapshot | "unchanged" | "empty";
}

/**
 * Stores what the changed snapshots name, once for all of them; then the snapshots; then lets go of the old ones if that
 * is wanted. What another program wrote into a snapshot and we do not know stays in it. A run that was killed is taken up
 * again: what it stored is found and not stored twice.
 *
 * @param others the snapshots there are, by the id of the one they were made from
 * @yields each when its part is done: all new ones are stored before the first old one goes
 */
export async function* replaceSnapshots(
  repository: Repository,
  planned: readonly PlannedReplacement[],
  { forget, tag, written }: ReplaceOptions,
  others: readonly StoredSnapshot[],
  signal?: AbortSignal,
): AsyncGenerator<{ snapshot: StoredSnapshot; replacement: Replacement }> {
  await repository.flush(signal);
  if (forget) await written.prove(signal);
  const outcomes: { snapshot: StoredSnapshot; replacement: Replacement }[] = [];
  for (const { old, becomes } of planned) {
    const replacement = await firstHalf(repository, old, becomes, { forget, tag }, others, signal);
    outcomes.push({ snapshot: old, replacement });
  }
  for (const outcome of outcomes) {
    const { snapshot, replacement } = outcome;
    if (replacement.kind !== "unchanged" && forget) await repository.removeFile("snapshot", snapshot.id, signal);
    yield outcome;
  }
}

/** Stores what takes the place of a snapshot, which is still there. @returns what has happened when that is gone, too */
async function firstHalf(
  repository: Repository,
  old: StoredSnapshot,
  becomes: PlannedReplacement["becomes"],
  { forget, tag }: Pick<ReplaceOptions, "forget" | "tag">,
  others: readonly StoredSnapshot[],
  signal: AbortSignal | undefined,
): Promise<Replacement> {
  if (becomes === "unchanged") return { kind: becomes };
  if (becomes === "empty") return { kind: becomes, isOldRemoved: forget };
  const tags = forget || old.tags.includes(tag) ? old.tags : [...old.tags, tag];
  const snapshot = { ...becomes, original: old.id, tags };
  const earlier = others.find((other) => other.original === old.id && isSameSnapshot(other, snapshot));
  const id = earlier?.id ?? (await saveSnapshot(repository, snapshot, signal));
  return { kind: "replaced", id, isNew: earlier === undefined, isOldRemoved: forget };
}

function isSameSnapshot(left: Snapshot, right: Snapshot): boolean {
  return isDeepStrictEqual(serialiseSnapshot(left), serialiseSnapshot(right));
}
