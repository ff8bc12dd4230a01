import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import { Repository, parseId, parseSnapshot, saveSnapshot } from "@holdfast/engine";
import { openStorage } from "@holdfast/storage";
import { expect, test } from "vitest";
import { commandLineWithRepository, messages } from "../command-line.fixture.ts";

interface Written {
  readonly time: string;
  readonly hostname?: string;
  readonly tags?: readonly string[];
}

/** A command line on a repository that holds these snapshots; their ids in the same order. */
async function withSnapshots(written: readonly Written[], variables: Readonly<Record<string, string>> = {}) {
  const whole = await commandLineWithRepository({ variables });
  const context = { clock: systemClock, random: systemRandom, log: silentLog };
  const repository = await Repository.open(await openStorage(whole.repository, context), { password: "test" }, context);
  const tree = parseId("ab".repeat(32));
  const ids: string[] = [];
  for (const each of written) {
    const snapshot = { hostname: "alpha", ...each, tree, paths: ["/data"] };
    ids.push(await saveSnapshot(repository, parseSnapshot(Buffer.from(JSON.stringify(snapshot)))));
  }
  const stored = () => readdir(join(whole.repository, "snapshots"));
  return { ...whole, ids, stored };
}

const threeDays = [
  { time: "2024-05-01T10:00:00Z", tags: ["first", "old"] },
  { time: "2024-05-02T10:00:00Z" },
  { time: "2024-05-02T20:00:00Z" },
  { time: "2024-05-03T10:00:00Z", hostname: "beta" },
];

test("rules remove what none of them keeps, of each host by itself", async () => {
  const { run, ids, stored } = await withSnapshots(threeDays);
  const shown = await run("forget", "--keep-daily", "1", "--dry-run");
  expect(shown).toMatchObject({ exitCode: 0, errors: "" });
  expect(shown.output).toContain("Applying Policy: keep 1 daily snapshots\n");
  expect(shown.output).toContain("snapshots for (host [alpha], paths [/data]):\nkeep 1 snapshot:\n");
  expect(shown.output).toContain("Would have removed the following snapshots:\n");
  expect(await stored()).toHaveLength(4);

  expect(await run("forget", "--keep-daily", "1")).toMatchObject({ exitCode: 0, errors: "" });
  expect((await stored()).toSorted()).toEqual([ids[2], ids[3]].toSorted());
  expect((await run("forget", "--keep-daily", "1", "--quiet")).output).toBe("");
});

test("scripts get restic's array, with every reason", async () => {
  const { run, ids } = await withSnapshots(threeDays);
  const words = ["forget", "--json", "--keep-last", "1", "--keep-tag", "old,first", "--host", "alpha"];
  const [groups] = messages((await run(...words, "-n")).output) as unknown as [Record<string, unknown>[]];
  expect(groups).toMatchObject([
    {
      tags: null,
      host: "alpha",
      paths: ["/data"],
      keep: [{ id: ids[2] }, { id: ids[0], short_id: ids[0]!.slice(0, 8) }],
      remove: [{ id: ids[1] }],
      reasons: [{ matches: ["last snapshot"] }, { snapshot: { id: ids[0] }, matches: ["has tags [old, first]"] }],
    },
  ]);
  expect(messages((await run(...words)).output)).toEqual([groups]);
  expect(messages((await run(...words)).output)).toMatchObject([[{ remove: null }]]);
  expect((await run("forget", "--json", ids[0]!)).output).toBe("");
});

test("named snapshots go without any rule", async () => {
  const { run, ids, stored } = await withSnapshots(threeDays);
  expect(await run("forget", ids[0]!.slice(0, 12), "latest", "--keep-last", "9")).toMatchObject({ exitCode: 0 });
  expect((await stored()).toSorted()).toEqual([ids[1], ids[2]].toSorted());
  expect(await run("forget", ids[1]!, "0123")).toMatchObject({
    exitCode: 1,
    errors: expect.stringContaining("ENGINE_SNAPSHOT_MISSING"),
  });
  expect(await stored()).toHaveLength(2);
});

test.each([
  [[], "CLI_USAGE"],
  [["--keep-last", "0", "--keep-within", "0d"], "CLI_USAGE"],
  [["--keep-tag", "nowhere"], "CLI_FORGETS_ALL"],
  [["--keep-tag", "first", "--group-by", "host"], "CLI_FORGETS_ALL"],
  [["--unsafe-allow-remove-all"], "CLI_USAGE"],
  [["--unsafe-allow-remove-all", "--host", "alpha", "--keep-tag", "nowhere"], "CLI_FORGETS_ALL"],
  [["--keep-last", "-1"], "CLI_USAGE"],
  [["--keep-last", "many"], "CLI_USAGE"],
  [["--keep-within", "-2d"], "CLI_USAGE"],
  [["--keep-within-daily", "2w"], "CLI_USAGE"],
  [["--keep-last", "1", "--group-by", "size"], "CLI_USAGE"],
  [["--keep-last", "1", "--no-lock"], "CLI_USAGE"],
])("what would remove too much, or is not understood, removes nothing: %j", async (words, code) => {
  const { run, stored } = await withSnapshots(threeDays);
  const said = await run("forget", ...words);
  expect(said).toMatchObject({ exitCode: 1, output: "", errors: expect.stringContaining(`holdfast: ${code}: `) });
  expect(await stored()).toHaveLength(4);
});

test("all of a part goes when that is said", async () => {
  const { run, ids, stored } = await withSnapshots(threeDays);
  expect(await run("forget", "--unsafe-allow-remove-all", "--host", "alpha")).toMatchObject({ exitCode: 0 });
  expect(await stored()).toEqual([ids[3]]);
});

test("a host that the environment names is the only one that is meant, until another is given", async () => {
  const { run, ids, stored } = await withSnapshots(threeDays, { RESTIC_HOST: "beta" });
  const listed = async (...words: string[]) =>
    (JSON.parse((await run("snapshots", "--json", "--no-lock", ...words)).output) as { id: string }[]).map(
      ({ id }) => id,
    );
  expect(await listed()).toEqual([ids[3]]);
  expect(await listed("--host", "")).toEqual(ids);
  expect(await listed("--host", "alpha", "--host", "")).toEqual(ids.slice(0, 3));
  expect(await run("forget", "--keep-last", "1")).toMatchObject({ exitCode: 0 });
  expect(await stored()).toHaveLength(4);
  expect(await run("forget", "--unsafe-allow-remove-all", "--host", "")).toMatchObject({ exitCode: 1 });
  expect(await run("forget", "--unsafe-allow-remove-all")).toMatchObject({ exitCode: 0 });
  expect((await stored()).toSorted()).toEqual(ids.slice(0, 3).toSorted());
});

test("tags are added, removed and set, and tell which snapshot came from which", async () => {
  const { run, ids } = await withSnapshots(threeDays);
  const changed = messages((await run("tag", "--add", "x, y", "--remove", "old", ids[0]!, "--json")).output);
  expect(changed).toEqual([
    { message_type: "changed", old_snapshot_id: ids[0], new_snapshot_id: expect.stringMatching(/^[0-9a-f]{64}$/) },
    { message_type: "summary", changed_snapshots: 1 },
  ]);
  const listed = async () => JSON.parse((await run("snapshots", "--json")).output) as Record<string, unknown>[];
  expect((await listed())[0]).toMatchObject({ tags: ["first", "y", "x"], original: ids[0] });
  expect((await run("tag", "--set", "", "--tag", "first")).output).toBe("modified 1 snapshot\n");
  expect((await listed())[0]).not.toHaveProperty("tags");
  expect((await run("tag", "--add", "x", "--host", "nobody")).output).toBe("no snapshots were modified\n");
  for (const words of [[], ["--add", "a", "--set", "b"], ["--add", ""]])
    expect(await run("tag", ...words)).toMatchObject({ exitCode: 1, errors: expect.stringContaining("CLI_USAGE") });
});

test("snapshots are listed in groups, and the newest of each", async () => {
  const { run, ids } = await withSnapshots(threeDays);
  const groups = JSON.parse(
    (await run("snapshots", "--json", "--group-by", "host", "--latest", "1")).output,
  ) as unknown;
  expect(groups).toEqual([
    { group_key: { hostname: "alpha", paths: null, tags: null }, snapshots: [expect.objectContaining({ id: ids[2] })] },
    { group_key: { hostname: "beta", paths: null, tags: null }, snapshots: [expect.objectContaining({ id: ids[3] })] },
  ]);
  const text = (await run("snapshots", "-g", "tags", "-c")).output;
  expect(text).toContain("snapshots for (tags [first, old]):\n");
  expect(text).not.toContain("/data");
});
