import { count } from "@holdfast/base";
import { describePolicy, type GroupKey, type RetentionOutcome, type RetentionPolicy } from "@holdfast/domain";
import type { StoredSnapshot } from "@holdfast/engine";
import { printable } from "./output/printable.ts";
import { groupHeading, snapshotJson, snapshotTable } from "./snapshot-text.ts";

/** One group of snapshots and what becomes of it. */
export interface GroupOutcome extends RetentionOutcome<StoredSnapshot> {
  readonly key: GroupKey;
}

/** What stays, with why, and what goes, for people; oldest first. */
export function outcomeText(policy: RetentionPolicy, groups: readonly GroupOutcome[], isCompact: boolean): string {
  const texts = groups.map(({ key, keep, remove }) => {
    const reasons = new Map<string, readonly string[]>(keep.map(({ snapshot, reasons: why }) => [snapshot.id, why]));
    const kept = keep.map(({ snapshot }) => snapshot).toReversed();
    return (
      groupHeading(key) +
      (kept.length === 0
        ? ""
        : `keep ${count(kept.length, "snapshot")}:\n${snapshotTable(kept, isCompact, reasons)}\n`) +
      (remove.length === 0
        ? ""
        : `remove ${count(remove.length, "snapshot")}:\n${snapshotTable(remove.toReversed(), isCompact)}\n`)
    );
  });
  return `Applying Policy: ${printable(describePolicy(policy))}\n${texts.join("")}`;
}

/** restic's array, for scripts; newest first. @see restic-format.md section 14 */
export function outcomeJson(groups: readonly GroupOutcome[]): string {
  return `[${groups.map(groupJson).join(",")}]\n`;
}

function groupJson({ key, keep, remove }: GroupOutcome): string {
  const list = (items: readonly string[]) => (items.length === 0 ? "null" : `[${items.join(",")}]`);
  const texts = (items: readonly string[] | undefined) => list((items ?? []).map((item) => JSON.stringify(item)));
  const reasons = keep.map(
    ({ snapshot, reasons: why }) => `{"snapshot":${snapshotJson(snapshot)},"matches":${JSON.stringify(why)}}`,
  );
  return (
    `{"tags":${texts(key.tags)},"host":${JSON.stringify(key.hostname ?? "")},"paths":${texts(key.paths)},` +
    `"keep":${list(keep.map(({ snapshot }) => snapshotJson(snapshot)))},"remove":${list(remove.map(snapshotJson))},` +
    `"reasons":${list(reasons)}}`
  );
}
