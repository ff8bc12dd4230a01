import { formatCalendarDuration, isZeroDuration, type CalendarDuration } from "./calendar-duration.ts";
import { tagListText, unlimited, type RetentionPolicy } from "./retention-policy.ts";
import { bucketKinds, bucketOf, type BucketKind } from "./time-bucket.ts";
import { goBack, type ZonedInstant, type ZoneOffset } from "./zoned-instant.ts";

/** What retention looks at of a snapshot. */
export interface RetainedSnapshot {
  readonly id: string;
  /** When it was taken, as it says itself. */
  readonly time: ZonedInstant;
  /**
   * When the server received it, where that is known; it counts instead of `time`. Whoever may only add snapshots
   * could otherwise push good ones out with false times.
   */
  readonly receivedAt?: ZonedInstant;
  readonly hostname: string;
  readonly paths: readonly string[];
  readonly tags: readonly string[];
}

/** A snapshot that stays, with every rule that wants it, in restic's words. */
export interface Kept<S> {
  readonly snapshot: S;
  readonly reasons: readonly string[];
}

/** What a policy does to one group of snapshots; both newest first. */
export interface RetentionOutcome<S> {
  readonly keep: readonly Kept<S>[];
  readonly remove: readonly S[];
}

export interface RetentionContext {
  /** A snapshot from the future does not count as the newest, from which durations are counted back. */
  readonly nowNs: bigint;
  /** @see goBack */
  readonly localOffset?: ZoneOffset;
}

/**
 * Decides over the snapshots of one group. Every rule looks at every snapshot, newest first; a counted rule keeps the
 * newest of each of its buckets until its count is used up, and while it is not, also the oldest snapshot there is.
 * Snapshots of one instant are taken by their ids, the larger first, so that the answer does not depend on their order.
 * An empty policy keeps nothing: whether that is meant is the caller's question.
 *
 * @see restic-format.md section 14
 */
export function evaluateRetention<S extends RetainedSnapshot>(
  snapshots: readonly S[],
  policy: RetentionPolicy,
  context: RetentionContext,
): RetentionOutcome<S> {
  const newestFirst = snapshots.toSorted(byNewest);
  const rules = rulesOf(policy, newestFirst, context);
  const keep: Kept<S>[] = [];
  const remove: S[] = [];
  for (const [at, snapshot] of newestFirst.entries()) {
    const isOldest = at === newestFirst.length - 1;
    const reasons = rules.flatMap((rule) => rule(snapshot, at, isOldest) ?? []);
    if (reasons.length > 0) keep.push({ snapshot, reasons });
    else remove.push(snapshot);
  }
  return { keep, remove };
}

/** Why this rule keeps the snapshot, or undefined. Asked once for each, newest first: a rule remembers what it kept. */
type Rule = (snapshot: RetainedSnapshot, place: number, isOldest: boolean) => string | undefined;

function rulesOf(
  { tags = [], within, last = 0, counts = {}, bucketsWithin = {} }: RetentionPolicy,
  newestFirst: readonly RetainedSnapshot[],
  context: RetentionContext,
): Rule[] {
  const isWithin = (duration: CalendarDuration) => youngerThan(duration, newestFirst, context);
  return [
    ...tags.map(
      (list): Rule =>
        (snapshot) =>
          hasTags(snapshot, list) ? `has tags ${tagListText(list)}` : undefined,
    ),
    ...given(within, (duration): Rule => {
      const isYounger = isWithin(duration);
      return (snapshot) => (isYounger(snapshot) ? `within ${formatCalendarDuration(duration)}` : undefined);
    }),
    counted(last, "last snapshot", (_, place) => place),
    ...bucketKinds.map((kind) => counted(counts[kind] ?? 0, `${kind} snapshot`, bucket(kind))),
    ...bucketKinds.flatMap((kind) =>
      given(bucketsWithin[kind], (duration): Rule => {
        const isYounger = isWithin(duration);
        const newestOfEach = counted(unlimited, `${kind} within ${formatCalendarDuration(duration)}`, bucket(kind));
        return (snapshot, ...rest) => (isYounger(snapshot) ? newestOfEach(snapshot, ...rest) : undefined);
      }),
    ),
  ];
}

/** Keeps the first of each bucket, `count` times; and the oldest of all while there is count left. */
function counted(
  count: number,
  reason: string,
  bucketFor: (snapshot: RetainedSnapshot, place: number) => number,
): Rule {
  let left = count === unlimited ? Number.POSITIVE_INFINITY : count;
  let lastKept: number | undefined;
  return (snapshot, place, isOldest) => {
    if (left <= 0) return undefined;
    const value = bucketFor(snapshot, place);
    const isNew = value !== lastKept;
    if (!isNew && !isOldest) return undefined;
    lastKept = value;
    left -= 1;
    return isNew ? reason : `oldest ${reason}`;
  };
}

const bucket = (kind: BucketKind) => (snapshot: RetainedSnapshot) => bucketOf(kind, instantOf(snapshot));

function given(duration: CalendarDuration | undefined, rule: (duration: CalendarDuration) => Rule): Rule[] {
  return duration === undefined || isZeroDuration(duration) ? [] : [rule(duration)];
}

function youngerThan(
  duration: CalendarDuration,
  newestFirst: readonly RetainedSnapshot[],
  { nowNs, localOffset }: RetentionContext,
): (snapshot: RetainedSnapshot) => boolean {
  const newest = newestFirst.find((snapshot) => instantOf(snapshot).ns < nowNs);
  // Where all are from the future nothing can be told to be old, and all are kept.
  const since = newest && goBack(instantOf(newest), duration, localOffset);
  return (snapshot) => since === undefined || instantOf(snapshot).ns > since;
}

/** All of the wanted tags; the empty one stands for having none. */
function hasTags({ tags }: RetainedSnapshot, wanted: readonly string[]): boolean {
  return wanted.every((tag) => (tag === "" ? tags.length === 0 : tags.includes(tag)));
}

function byNewest(left: RetainedSnapshot, right: RetainedSnapshot): number {
  const [a, b] = [instantOf(left).ns, instantOf(right).ns];
  if (a !== b) return a > b ? -1 : 1;
  return left.id > right.id ? -1 : 1;
}

const instantOf = ({ time, receivedAt }: RetainedSnapshot): ZonedInstant => receivedAt ?? time;
