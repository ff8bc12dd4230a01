import { describe, expect, test } from "vitest";
import { parseCalendarDuration } from "./calendar-duration.ts";
import { evaluateRetention, type RetainedSnapshot } from "./evaluate-retention.ts";
import type { RetentionPolicy } from "./retention-policy.ts";

const span = (text: string) => parseCalendarDuration(text)!;
const nsOf = (text: string) => BigInt(Date.parse(text)) * 1_000_000n;
const nowNs = nsOf("2026-01-01T00:00:00Z");

function taken(at: string, rest: Partial<RetainedSnapshot> = {}): RetainedSnapshot {
  const time = { ns: nsOf(at), offsetS: 0 };
  return { id: at, time, hostname: "h", paths: ["/data"], tags: [], ...rest };
}

/** What stays, newest first, each with why; the ids are the times. */
function kept(snapshots: readonly RetainedSnapshot[], policy: RetentionPolicy): [string, string][] {
  const { keep } = evaluateRetention(snapshots, policy, { nowNs });
  return keep.map(({ snapshot, reasons }) => [snapshot.id, reasons.join("; ")]);
}

/** Twice a day for three days, then on the first of some months. */
const history = [
  taken("2024-06-01T09:00:00Z", { tags: ["first"] }),
  taken("2024-10-01T09:00:00Z"),
  taken("2025-03-01T09:00:00Z", { tags: ["audit", "year"] }),
  taken("2025-03-08T09:00:00Z"),
  taken("2025-03-08T21:00:00Z"),
  taken("2025-03-09T09:00:00Z"),
  taken("2025-03-09T21:00:00Z", { tags: ["year"] }),
  taken("2025-03-10T09:00:00Z"),
  taken("2025-03-10T21:00:00Z"),
];

test.each<[string, RetentionPolicy, [string, string][]]>([
  ["nothing is kept by an empty policy", {}, []],
  [
    "the last ones",
    { last: 2 },
    [
      ["2025-03-10T21:00:00Z", "last snapshot"],
      ["2025-03-10T09:00:00Z", "last snapshot"],
    ],
  ],
  [
    "the newest of each day, of which there are only so many",
    { counts: { daily: 2 } },
    [
      ["2025-03-10T21:00:00Z", "daily snapshot"],
      ["2025-03-09T21:00:00Z", "daily snapshot"],
    ],
  ],
  [
    "the oldest too, while the count is not used up",
    { counts: { yearly: 5 } },
    [
      ["2025-03-10T21:00:00Z", "yearly snapshot"],
      ["2024-10-01T09:00:00Z", "yearly snapshot"],
      ["2024-06-01T09:00:00Z", "oldest yearly snapshot"],
    ],
  ],
  [
    "without a limit, one of each and the oldest",
    { counts: { yearly: -1 } },
    [
      ["2025-03-10T21:00:00Z", "yearly snapshot"],
      ["2024-10-01T09:00:00Z", "yearly snapshot"],
      ["2024-06-01T09:00:00Z", "oldest yearly snapshot"],
    ],
  ],
  [
    "weeks begin on Monday",
    { counts: { weekly: 2 } },
    [
      ["2025-03-10T21:00:00Z", "weekly snapshot"],
      ["2025-03-09T21:00:00Z", "weekly snapshot"],
    ],
  ],
  [
    "what is younger, and not what is exactly as old",
    { within: span("1d") },
    [
      ["2025-03-10T21:00:00Z", "within 1d"],
      ["2025-03-10T09:00:00Z", "within 1d"],
    ],
  ],
  [
    "one of each day that is young enough",
    { bucketsWithin: { daily: span("2d12h") } },
    [
      ["2025-03-10T21:00:00Z", "daily within 2d12h"],
      ["2025-03-09T21:00:00Z", "daily within 2d12h"],
      ["2025-03-08T21:00:00Z", "daily within 2d12h"],
    ],
  ],
  [
    "the oldest also where only age limits",
    { bucketsWithin: { yearly: span("3y") } },
    [
      ["2025-03-10T21:00:00Z", "yearly within 3y"],
      ["2024-10-01T09:00:00Z", "yearly within 3y"],
      ["2024-06-01T09:00:00Z", "oldest yearly within 3y"],
    ],
  ],
  [
    "all tags of any list",
    { tags: [["year", "audit"], ["first"], ["nowhere"]] },
    [
      ["2025-03-01T09:00:00Z", "has tags [year, audit]"],
      ["2024-06-01T09:00:00Z", "has tags [first]"],
    ],
  ],
  [
    "every rule that wants a snapshot is named",
    { last: 1, counts: { hourly: 1, monthly: 2 }, within: span("1h"), tags: [["first"]] },
    [
      ["2025-03-10T21:00:00Z", "within 1h; last snapshot; hourly snapshot; monthly snapshot"],
      ["2024-10-01T09:00:00Z", "monthly snapshot"],
      ["2024-06-01T09:00:00Z", "has tags [first]"],
    ],
  ],
])("%s", (_, policy, expected) => {
  expect(kept(history, policy)).toEqual(expected);
});

test("the empty tag stands for having none", () => {
  expect(kept(history, { tags: [[""]] })).toHaveLength(6);
});

describe("time", () => {
  test("is that of the snapshot's own wall clock", () => {
    const inTokyo = taken("2025-03-09T16:00:00Z", { time: { ns: nsOf("2025-03-09T16:00:00Z"), offsetS: 9 * 3600 } });
    const inLondon = taken("2025-03-09T15:00:00Z");
    expect(kept([inLondon, inTokyo, taken("2025-03-08T00:00:00Z")], { counts: { daily: 2 } })).toEqual([
      ["2025-03-09T16:00:00Z", "daily snapshot"],
      ["2025-03-09T15:00:00Z", "daily snapshot"],
    ]);
  });

  test("from the future does not make the present old", () => {
    const future = taken("2027-01-01T00:00:00Z");
    const days = [taken("2025-12-30T00:00:00Z"), taken("2025-12-31T00:00:00Z"), future];
    expect(kept(days, { within: span("12h") }).map(([id]) => id)).toEqual([future.id, "2025-12-31T00:00:00Z"]);
    expect(kept([future, taken("2028-01-01T00:00:00Z")], { within: span("1h") })).toHaveLength(2);
  });

  test("that the server saw counts more than what a snapshot says of itself", () => {
    // Somebody who may only add has added snapshots that claim to be newer than all others.
    const good = [taken("2025-12-01T00:00:00Z"), taken("2025-12-02T00:00:00Z")];
    const false1 = taken("2025-12-30T00:00:00Z", { receivedAt: { ns: nsOf("2025-12-02T01:00:00Z"), offsetS: 0 } });
    const false2 = taken("2025-12-31T00:00:00Z", { receivedAt: { ns: nsOf("2025-12-02T02:00:00Z"), offsetS: 0 } });
    const policy = { counts: { daily: 2 } };
    expect(kept([...good, false1, false2], policy).map(([id]) => id)).toEqual([false2.id, good[0]!.id]);
  });

  test("of the very same instant leaves the choice to the ids, not to the order of listing", () => {
    const at = "2025-12-01T00:00:00Z";
    const twins = [taken(at, { id: "aa" }), taken(at, { id: "bb" })];
    for (const order of [twins, twins.toReversed()])
      expect(kept(order, { last: 1 })).toEqual([["bb", "last snapshot"]]);
  });
});
