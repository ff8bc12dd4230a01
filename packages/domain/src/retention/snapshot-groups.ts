import type { RetainedSnapshot } from "./evaluate-retention.ts";

/** What snapshots of one group have in common. */
export const groupCriteria = ["host", "paths", "tags"] as const;
export type GroupCriterion = (typeof groupCriteria)[number];

/** One machine's backups of the same paths belong together, whatever their tags. */
export const defaultGrouping: readonly GroupCriterion[] = ["host", "paths"];

type Groupable = Pick<RetainedSnapshot, "hostname" | "paths" | "tags">;

/** The snapshots that a policy is applied to together. */
export interface SnapshotGroup<S> {
  readonly key: GroupKey;
  /** In the order given. */
  readonly snapshots: readonly S[];
}

/** What they share; what they were not grouped by is left out. Paths and tags are sorted. */
export interface GroupKey {
  readonly hostname?: string;
  readonly paths?: readonly string[];
  readonly tags?: readonly string[];
}

/** Groups in the order of their keys: by host, then paths, then tags. Grouped by nothing, all are one group. */
export function groupSnapshots<S extends Groupable>(
  snapshots: readonly S[],
  by: readonly GroupCriterion[],
): SnapshotGroup<S>[] {
  const groups = new Map<string, { key: GroupKey; snapshots: S[] }>();
  for (const snapshot of snapshots) {
    const key = keyOf(snapshot, by);
    const text = JSON.stringify([key.hostname ?? "", key.paths ?? [], key.tags ?? []]);
    const group = groups.get(text);
    if (group === undefined) groups.set(text, { key, snapshots: [snapshot] });
    else group.snapshots.push(snapshot);
  }
  return [...groups.values()].sort((left, right) => (orderText(left.key) < orderText(right.key) ? -1 : 1));
}

function orderText({ hostname = "", paths = [], tags = [] }: GroupKey): string {
  return [hostname, ...paths, "", ...tags].join("\0");
}

function keyOf({ hostname, paths, tags }: Groupable, by: readonly GroupCriterion[]): GroupKey {
  return {
    ...(by.includes("host") && { hostname }),
    ...(by.includes("paths") && { paths: paths.toSorted() }),
    ...(by.includes("tags") && { tags: tags.toSorted() }),
  };
}

/**
 * restic's notation: "host,paths"; each word may be singular or plural, and "" groups by nothing.
 * @returns undefined where the text has another word
 */
export function parseGrouping(text: string): readonly GroupCriterion[] | undefined {
  const found: GroupCriterion[] = [];
  for (const word of text.split(",").filter((part) => part !== "")) {
    const criterion = groupCriteria.find((each) => singular(each) === singular(word));
    if (criterion === undefined) return undefined;
    found.push(criterion);
  }
  return found;
}

const singular = (word: string) => word.replace(/s$/, "");
