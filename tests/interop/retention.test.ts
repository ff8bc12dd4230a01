import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import {
  bucketKinds,
  evaluateRetention,
  groupSnapshots,
  parseCalendarDuration,
  parseGrouping,
  type RetentionPolicy,
  type ZoneOffset,
} from "@holdfast/domain";
import { Repository, listSnapshots, parseId, saveSnapshot, type StoredSnapshot } from "@holdfast/engine";
import { localStorage } from "@holdfast/storage";
import { seededRandom, temporaryDirectory, type SeededRandom } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { isLong, suiteSeed } from "../model/suite.ts";
import { initRepository } from "./holdfast.ts";
import { installedRestic, newestRestic, password, type Restic } from "./restic.ts";

const seed = `retention ${suiteSeed}`;
/** The long suite asks restic this many times as much. */
const rounds = isLong ? 20 : 1;

interface Case {
  readonly title: string;
  readonly restic: Restic | undefined;
  readonly policies: number;
  readonly TZ: string;
}

const cases: Case[] = [
  { title: "the newest restic", restic: newestRestic, policies: 60 * rounds, TZ: "UTC" },
  {
    title: "the newest restic, in a zone with summer time",
    restic: newestRestic,
    policies: 40 * rounds,
    TZ: "Europe/Berlin",
  },
  { title: "the restic of this system", restic: installedRestic, policies: 15 * rounds, TZ: "America/New_York" },
];

for (const { title, restic, policies, TZ } of cases) {
  test.skipIf(restic === undefined)(
    `${title} keeps and forgets what Holdfast does, for the same reasons, by ${policies} random policies (seed ${seed})`,
    { timeout: 120_000 * rounds },
    async () => {
      const random = seededRandom(`${seed} ${title}`);
      const dir = await temporaryDirectory();
      await initRepository(dir);
      const snapshots = await randomSnapshots(dir, random);
      let decided = 0;
      for (let round = 0; round < policies; round += 1) {
        const { flags, policy, grouping } = randomPolicy(random);
        const theirs = await resticAnswer(restic!, dir, flags, TZ);
        const ours = holdfastAnswer(snapshots, policy, grouping, zoneOf(TZ));
        const expected = restic!.isCurrent ? ours : withoutOldest(ours);
        expect(theirs, `round ${round}: forget ${flags.join(" ")}`).toEqual(expected);
        if (ours !== "refused") decided += 1;
      }
      expect(decided).toBeGreaterThan(policies / 2);
    },
  );
}

/** A group's outcome by ids: what stays with why, and what goes. */
type Answer = { group: string; keep: [id: string, reasons: string[]][]; remove: string[] }[] | "refused";

function holdfastAnswer(
  snapshots: readonly StoredSnapshot[],
  policy: RetentionPolicy,
  grouping: string,
  localOffset: ZoneOffset,
): Answer {
  const groups = groupSnapshots(snapshots, parseGrouping(grouping)!).map(({ key, snapshots: members }) => {
    const nowNs = BigInt(systemClock.nowMs()) * 1_000_000n;
    const { keep, remove } = evaluateRetention(members, policy, { nowNs, localOffset });
    return {
      group: JSON.stringify([
        key.hostname ?? "",
        key.paths ?? null,
        key.tags?.length === 0 ? null : (key.tags ?? null),
      ]),
      keep: keep.map(({ snapshot, reasons }): [string, string[]] => [snapshot.id, [...reasons]]),
      remove: remove.map(({ id }) => id),
    };
  });
  return groups.some(({ keep }) => keep.length === 0) ? "refused" : groups.toSorted(byGroup);
}

/** What versions say that do not yet keep the oldest snapshot while a count is not used up. */
function withoutOldest(answer: Answer): Answer {
  if (answer === "refused") return answer;
  return answer.map(({ group, keep, remove }) => {
    const left = keep
      .map(([id, reasons]): [string, string[]] => [id, reasons.filter((reason) => !reason.startsWith("oldest "))])
      .filter(([, reasons]) => reasons.length > 0);
    const gone = keep.map(([id]) => id).filter((id) => !left.some(([kept]) => kept === id));
    return { group, keep: left, remove: [...remove, ...gone] };
  });
}

interface ResticGroup {
  readonly tags: string[] | null;
  readonly host: string;
  readonly paths: string[] | null;
  readonly keep: { id: string }[] | null;
  readonly remove: { id: string }[] | null;
  /** In the order of `keep`; older versions do not say the id here. */
  readonly reasons: { matches: string[] }[] | null;
}

async function resticAnswer(restic: Restic, repository: string, flags: readonly string[], TZ: string): Promise<Answer> {
  let output: string;
  try {
    output = await restic.run(repository, ["forget", "--dry-run", "--no-lock", "--json", ...flags], { TZ });
  } catch (error) {
    expect(String(error)).toMatch(/refusing to delete last snapshot|no policy was specified/);
    return "refused";
  }
  return (JSON.parse(output) as ResticGroup[])
    .map(({ host, paths, tags, keep, remove, reasons }) => ({
      group: JSON.stringify([host, paths, tags]),
      keep: (keep ?? []).map(({ id }, at): [string, string[]] => [id, reasons?.[at]?.matches ?? []]),
      remove: (remove ?? []).map(({ id }) => id),
    }))
    .toSorted(byGroup);
}

const byGroup = (left: { group: string }, right: { group: string }) => (left.group < right.group ? -1 : 1);

/** A few dozen snapshots of no content: several hosts, tags and zones, some clustered, some from the future. */
async function randomSnapshots(dir: string, random: SeededRandom): Promise<StoredSnapshot[]> {
  const context = { clock: systemClock, random: systemRandom, log: silentLog };
  const repository = await Repository.open(localStorage(dir), { password }, context);
  let atS = 2_100_000_000; // in 2036
  for (let number = 0; number < 45; number += 1) {
    atS -= number < 2 ? 300_000_000 : 1 + random.below(random.pick([600, 7200, 100_000, 1_000_000, 9_000_000]));
    await saveSnapshot(repository, {
      time: {
        ns: BigInt(atS) * 1_000_000_000n + BigInt(random.below(1e9)),
        offsetS: random.pick([0, 0, 3600, 7200, -14_400, -18_000, 19_800]),
      },
      parent: undefined,
      tree: parseId("ab".repeat(32)),
      paths: random.pick([["/data"], ["/data"], ["/srv", "/data"], ["/data", "/srv"]]),
      hostname: random.pick(["alpha", "alpha", "beta"]),
      username: "tester",
      uid: 0,
      gid: 0,
      excludes: [],
      tags: ["a", "b", "c"].filter(() => random.below(3) === 0),
      original: undefined,
      programVersion: "",
      summary: undefined,
      otherKeys: [],
    });
  }
  return listSnapshots(repository, () => expect.unreachable("no snapshot is damaged"));
}

/** A policy as the flags that restic takes, and as Holdfast has it. */
function randomPolicy(random: SeededRandom): { flags: string[]; policy: RetentionPolicy; grouping: string } {
  const flags: string[] = [];
  const count = (name: string) => {
    const number = random.pick([0, 0, 0, 1, 2, 5, 30]);
    if (number > 0) flags.push(`--keep-${name}`, `${number}`);
    return number;
  };
  const duration = (name: string) => {
    if (random.below(4) > 0) return [];
    const part = (unit: string, limit: number) => (random.below(2) === 0 ? `${random.below(limit)}${unit}` : "");
    const text = `${part("y", 3)}${part("m", 20)}${part("d", 60)}${1 + random.below(50)}h`;
    flags.push(`--keep-${name}`, text);
    return [parseCalendarDuration(text)!];
  };
  const last = count("last");
  const counts = Object.fromEntries(bucketKinds.map((kind) => [kind, count(kind)]));
  const [within] = duration("within");
  const bucketsWithin = Object.fromEntries(
    bucketKinds.flatMap((kind) => duration(`within-${kind}`).map((each) => [kind, each] as const)),
  );
  const tags = random.pick([[], [], [], [["a"]], [["a", "b"], ["c"]], [[""]]]);
  for (const list of tags) flags.push("--keep-tag", list.join(","));
  const grouping = random.pick(["host,paths", "host,paths", "host", "", "tags,paths", "host,tags,paths"]);
  flags.push("--group-by", grouping);
  return { flags, policy: { last, counts, ...(within && { within }), bucketsWithin, tags }, grouping };
}

/** The zone's offset at an instant, from the system's own tables. */
function zoneOf(TZ: string): ZoneOffset {
  const format = new Intl.DateTimeFormat("en", { timeZone: TZ, timeZoneName: "longOffset" });
  return (epochS) => {
    const text = format.formatToParts(epochS * 1000).find(({ type }) => type === "timeZoneName")?.value ?? "";
    const [, sign, hours = "0", minutes = "0"] = /([+-])(\d\d):(\d\d)/.exec(text) ?? [];
    return (sign === "-" ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
  };
}
