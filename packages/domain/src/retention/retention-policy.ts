import { formatCalendarDuration, isZeroDuration, type CalendarDuration } from "./calendar-duration.ts";
import { bucketKinds, type BucketKind } from "./time-bucket.ts";

/** No limit to how many of a kind are kept. */
export const unlimited = -1;

/**
 * Which snapshots of a group are kept: all that any rule asks for. A rule that is absent, 0 or no time asks for
 * nothing.
 */
export interface RetentionPolicy {
  /** The newest so many, or `unlimited`. */
  readonly last?: number;
  /** The newest of each of the newest so many hours, days … that have one, or `unlimited`. */
  readonly counts?: Readonly<Partial<Record<BucketKind, number>>>;
  /** Everything younger than this, counted back from the newest snapshot. */
  readonly within?: CalendarDuration;
  /** The newest of each hour, day … younger than this. */
  readonly bucketsWithin?: Readonly<Partial<Record<BucketKind, CalendarDuration>>>;
  /** Everything that has all tags of one of these lists. */
  readonly tags?: readonly (readonly string[])[];
}

/** True for a policy that asks to keep nothing at all. */
export function isEmptyPolicy({ last, counts = {}, within, bucketsWithin = {}, tags = [] }: RetentionPolicy): boolean {
  const asksFor = (duration: CalendarDuration | undefined) => duration !== undefined && !isZeroDuration(duration);
  const hasCount = [last, ...bucketKinds.map((kind) => counts[kind])].some((number = 0) => number !== 0);
  const hasDuration = [within, ...bucketKinds.map((kind) => bucketsWithin[kind])].some(asksFor);
  return !hasCount && !hasDuration && tags.length === 0;
}

/** In restic's words, for people: "keep 3 latest, all weekly snapshots and all snapshots within 1y of the newest". */
export function describePolicy({
  last = 0,
  counts = {},
  within,
  bucketsWithin = {},
  tags = [],
}: RetentionPolicy): string {
  const counted = [["latest", last] as const, ...bucketKinds.map((kind) => [kind, counts[kind] ?? 0] as const)]
    .filter(([, number]) => number !== 0)
    .map(([name, number]) => `${number === unlimited ? "all" : number} ${name}`)
    .join(", ");
  const timed = bucketKinds.flatMap((kind) => {
    const duration = bucketsWithin[kind];
    if (duration === undefined || isZeroDuration(duration)) return [];
    return `${kind} snapshots within ${formatCalendarDuration(duration)}`;
  });
  const rules = [...(counted === "" ? [] : [`${counted} snapshots`]), ...timed].join(", ");
  const wholes = [
    ...(tags.length === 0 ? [] : [`all snapshots with tags [${tags.map(tagListText).join(" ")}]`]),
    ...(within === undefined || isZeroDuration(within)
      ? []
      : [`all snapshots within ${formatCalendarDuration(within)} of the newest`]),
  ];
  const all = [rules, ...wholes].filter((text) => text !== "").join(" and ");
  return all === "" ? "remove" : `keep ${all}`;
}

/** "[a, b]" */
export function tagListText(tags: readonly string[]): string {
  return `[${tags.join(", ")}]`;
}
