import { expect, test } from "vitest";
import type { CalendarDuration } from "./calendar-duration.ts";
import { evaluateRetention, type RetainedSnapshot } from "./evaluate-retention.ts";
import type { RetentionPolicy } from "./retention-policy.ts";
import { bucketKinds } from "./time-bucket.ts";

/*
 * A second reading of restic-format section 14, written apart from the first and as plainly as it goes: dates as text,
 * one rule at a time over the whole list, days counted one by one.
 */

type Reasons = Map<string, string[]>;

function modelOf(snapshots: readonly RetainedSnapshot[], policy: RetentionPolicy, nowNs: bigint): Reasons {
  const list = [...snapshots].sort((a, b) => Number(b.time.ns - a.time.ns) || (a.id > b.id ? -1 : 1));
  const why: Reasons = new Map(list.map(({ id }) => [id, []]));
  const oldest = list.at(-1)?.id;

  for (const wanted of policy.tags ?? [])
    for (const { id, tags } of list)
      if (wanted.every((tag) => tags.includes(tag))) why.get(id)!.push(`has tags [${wanted.join(", ")}]`);

  if (policy.within !== undefined && textOf(policy.within) !== "")
    for (const each of list)
      if (isYoung(each, list, policy.within, nowNs)) why.get(each.id)!.push(`within ${textOf(policy.within)}`);

  const count = (number: number, reason: string, among: readonly RetainedSnapshot[], key: (at: number) => string) => {
    const runs = among.filter((_, at) => at === 0 || key(at) !== key(at - 1));
    const chosen = number === -1 ? runs : runs.slice(0, number);
    for (const { id } of chosen) why.get(id)!.push(reason);
    const isUsedUp = number !== -1 && chosen.length >= number;
    const isLastOfAll = among.length > 0 && among.at(-1)!.id === oldest && !chosen.some(({ id }) => id === oldest);
    if (isLastOfAll && !isUsedUp) why.get(oldest)!.push(`oldest ${reason}`);
  };

  if (policy.last !== undefined && policy.last !== 0) count(policy.last, "last snapshot", list, String);
  for (const kind of bucketKinds) {
    const number = policy.counts?.[kind] ?? 0;
    if (number !== 0) count(number, `${kind} snapshot`, list, (at) => spanText(kind, list[at]!));
  }
  for (const kind of bucketKinds) {
    const duration = policy.bucketsWithin?.[kind];
    if (duration === undefined || textOf(duration) === "") continue;
    const young = list.filter((each) => isYoung(each, list, duration, nowNs));
    count(-1, `${kind} within ${textOf(duration)}`, young, (at) => spanText(kind, young[at]!));
  }
  return why;
}

function textOf(duration: CalendarDuration): string {
  const all = `${duration.years}y,${duration.months}m,${duration.days}d,${duration.hours}h`;
  return all
    .split(",")
    .filter((part) => !part.startsWith("0"))
    .join("");
}

const wallText = ({ time }: RetainedSnapshot) =>
  new Date(Number(time.ns / 1_000_000n) + time.offsetS * 1000).toISOString();

function spanText(kind: (typeof bucketKinds)[number], snapshot: RetainedSnapshot): string {
  const text = wallText(snapshot);
  if (kind !== "weekly") return text.slice(0, { hourly: 13, daily: 10, monthly: 7, yearly: 4 }[kind]);
  let day = new Date(`${text.slice(0, 10)}T00:00:00Z`);
  while (day.getUTCDay() !== 1) day = new Date(day.getTime() - 86_400_000);
  return `the week of ${day.toISOString()}`;
}

const isLeap = (year: number) => (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
const lengthOf = (year: number, month: number) =>
  [31, isLeap(year) ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31][month - 1]!;

function isYoung(
  each: RetainedSnapshot,
  list: readonly RetainedSnapshot[],
  duration: CalendarDuration,
  nowNs: bigint,
): boolean {
  const newest = list.find(({ time }) => time.ns < nowNs);
  if (newest === undefined) return true;
  let [year, month, day] = wallText(newest).slice(0, 10).split("-").map(Number) as [number, number, number];
  year -= duration.years;
  for (let left = duration.months; left > 0; left -= 1) if ((month -= 1) === 0) [year, month] = [year - 1, 12];
  while (day > lengthOf(year, month)) {
    day -= lengthOf(year, month);
    if ((month += 1) === 13) [year, month] = [year + 1, 1];
  }
  for (let left = duration.days; left > 0; left -= 1) {
    if ((day -= 1) > 0) continue;
    if ((month -= 1) === 0) [year, month] = [year - 1, 12];
    day = lengthOf(year, month);
  }
  const two = (number: number) => String(number).padStart(2, "0");
  const midnightMs = Date.parse(`${year}-${two(month)}-${two(day)}T00:00:00Z`) - newest.time.offsetS * 1000;
  const dayNs = 86_400_000_000_000n;
  const wallNs = newest.time.ns + BigInt(newest.time.offsetS) * 1_000_000_000n;
  const sinceNs = BigInt(midnightMs) * 1_000_000n + (wallNs % dayNs) - BigInt(duration.hours) * 3_600_000_000_000n;
  return each.time.ns > sinceNs;
}

/** Numbers that look random and are the same for the same seed (xorshift); millions of them are wanted. */
interface Chance {
  below(limit: number): number;
  pick<Choice>(choices: readonly [Choice, ...Choice[]]): Choice;
}

function chance(seed: number): Chance {
  let state = (seed * 2_654_435_761) >>> 0 || 1;
  const below = (limit: number) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.floor(((state >>> 0) / 2 ** 32) * limit);
  };
  return { below, pick: (choices) => choices[below(choices.length)] ?? choices[0] };
}

const nowNs = BigInt(Date.parse("2026-11-22T12:00:00Z")) * 1_000_000n;
const zonesS = [0, 0, 0, 3600, 7200, -18_000, 19_800, 45_900, -12_600] as const;
const tagChoices = ["a", "b", "c"] as const;

/** Snapshots at random distances, some clustered, some from the future, some of one instant, in mixed zones. */
function randomHistory(random: Chance): RetainedSnapshot[] {
  const spacingS = random.pick([600, 3600, 40_000, 86_400, 700_000, 5_000_000]);
  let ns = nowNs - BigInt(random.below(5 * 86_400) - random.below(2) * 86_400 * 3) * 1_000_000_000n;
  const offsetS = random.pick(zonesS);
  return Array.from({ length: random.below(30) }, (_, at) => {
    if (random.below(12) > 0) ns -= BigInt(random.below(2 * spacingS)) * 1_000_000_000n + BigInt(random.below(3));
    const tags = tagChoices.filter(() => random.below(4) === 0);
    const zone = random.below(4) === 0 ? random.pick(zonesS) : offsetS;
    return { id: `${random.below(1e9)}-${at}`, time: { ns, offsetS: zone }, hostname: "h", paths: ["/"], tags };
  });
}

function randomPolicy(random: Chance): RetentionPolicy {
  const count = () => random.pick([0, 0, 0, 1, 1, 2, 3, 7, -1]);
  const part = (limit: number) => (random.below(3) === 0 ? random.below(limit) : 0);
  const duration = () => ({ years: part(3), months: part(15), days: part(40), hours: part(60) });
  const maybe = <Value>(make: () => Value) => (random.below(4) === 0 ? make() : undefined);
  const within = maybe(duration);
  const bucketsWithin = bucketKinds.flatMap((kind) => {
    const chosen = maybe(duration);
    return chosen === undefined ? [] : [[kind, chosen] as const];
  });
  return {
    last: count(),
    counts: Object.fromEntries(bucketKinds.map((kind) => [kind, count()])),
    ...(within !== undefined && { within }),
    bucketsWithin: Object.fromEntries(bucketsWithin),
    tags: Array.from({ length: random.below(3) }, () => tagChoices.filter(() => random.below(2) === 0)).filter(
      (list) => list.length > 0,
    ),
  };
}

const histories = 20_000;
const seed = 20_261_122;

test(`on ${histories} random histories every snapshot stays or goes as an independent model says (seed ${seed})`, () => {
  const random = chance(seed);
  for (let round = 0; round < histories; round += 1) {
    const [snapshots, policy] = [randomHistory(random), randomPolicy(random)];
    const { keep, remove } = evaluateRetention(snapshots, policy, { nowNs });
    const model = modelOf(snapshots, policy, nowNs);
    const ours = [...keep.map(({ snapshot, reasons }) => [snapshot.id, reasons]), ...remove.map(({ id }) => [id, []])];
    // Compared as text first: a deep comparison of each would take most of the time.
    const [left, right] = [ours, [...model]].map((list) => JSON.stringify(list.toSorted()));
    if (left !== right) expect(new Map(ours as [string, string[]][]), `round ${round}`).toEqual(model);
  }
});

test(`what holds for every policy, on 2,000 random histories (seed ${seed})`, () => {
  const random = chance(seed + 1);
  for (let round = 0; round < 2000; round += 1) {
    const [snapshots, policy] = [randomHistory(random), randomPolicy(random)];
    const context = { nowNs };
    const { keep, remove } = evaluateRetention(snapshots, policy, context);
    const where = `round ${round}`;
    // Each snapshot is decided over once.
    const decided = [...keep.map(({ snapshot }) => snapshot.id), ...remove.map(({ id }) => id)];
    expect(decided.toSorted(), where).toEqual(snapshots.map(({ id }) => id).toSorted());
    // The order in which they were listed does not matter.
    expect(evaluateRetention(snapshots.toReversed(), policy, context), where).toEqual({ keep, remove });
    // Applying it again removes nothing more.
    const again = evaluateRetention(
      keep.map(({ snapshot }) => snapshot),
      policy,
      context,
    );
    expect(again.remove, where).toEqual([]);
    // Asking for more never keeps less.
    const more = evaluateRetention(
      snapshots,
      { ...policy, last: (policy.last ?? 0) < 0 ? -1 : (policy.last ?? 0) + 1 },
      context,
    );
    const moreIds = new Set(more.keep.map(({ snapshot }) => snapshot.id));
    expect(
      keep.every(({ snapshot }) => moreIds.has(snapshot.id)),
      where,
    ).toBe(true);
    expect(more.keep.length > 0 || snapshots.length === 0, where).toBe(true);
  }
});
