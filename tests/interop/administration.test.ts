import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runProgram } from "../start/program.ts";
import { initRepository } from "./holdfast.ts";
import { holdfastIn } from "./holdfast-command.ts";
import { newestRestic, password } from "./restic.ts";

const dir = mkdtempSync(join(tmpdir(), "holdfast-administration-"));
const repository = join(dir, "repository");
const holdfast = holdfastIn(dir);

beforeAll(async () => {
  if (newestRestic === undefined) return;
  const source = join(dir, "source");
  mkdirSync(source);
  writeFileSync(join(source, "a <b>"), "content");
  await initRepository(repository);
  const backups = [
    ["2024-05-01 10:00:00", "alpha", "one,two"],
    ["2024-05-01 11:30:00", "alpha", "two"],
    ["2024-05-02 10:00:00", "alpha", "<tag>"],
    ["2024-06-02 10:00:00", "beta", ""],
    ["2025-06-02 10:00:00", "alpha", "one"],
  ] as const;
  for (const [time, host, tag] of backups) {
    const words = ["backup", ".", "--time", time, "--host", host, ...(tag === "" ? [] : ["--tag", tag])];
    await newestRestic.run(repository, words, { cwd: source });
  }
});

afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** restic on a repository, however it ends. */
function restic(where: string, words: readonly string[], secret = password) {
  const variables = { RESTIC_PASSWORD: secret, TZ: process.env["TZ"] ?? "" };
  return runProgram(newestRestic!.path, ["-r", where, "--no-cache", ...words], { variables });
}

/** Every document in a text of JSON lines; lists in one order, since restic's is that of its threads. */
function documents(text: string): unknown[] {
  const lines = text.split("\n").filter((line) => line !== "");
  return lines.map((line) => {
    const parsed = JSON.parse(line) as unknown;
    return Array.isArray(parsed) ? parsed.map((each) => JSON.stringify(each)).sort() : parsed;
  });
}

const sameJson = [
  "snapshots --json",
  "snapshots --json --latest 1",
  "snapshots --json --tag two",
  "snapshots --json --host nobody",
  "snapshots --json --group-by host",
  "snapshots --json --group-by tags,paths --latest 1",
  "forget --json -n --keep-last 1",
  "forget --json -n --keep-daily 2 --keep-yearly unlimited --keep-tag one,two",
  "forget --json -n --keep-within 1y2m3d4h --keep-within-weekly 3y --group-by tags",
  "forget --json -n --keep-hourly 9 --group-by ''",
  "forget --json -n --unsafe-allow-remove-all --host beta",
  "forget --json -n --keep-last 1 --host nobody",
  "key list --json",
  "tag --json --add x --host nobody",
];
test.skipIf(newestRestic === undefined).each(sameJson)("%s says what restic says", async (line) => {
  const words = line.split(" ").map((word) => (word === "''" ? "" : word));
  const theirs = await restic(repository, words);
  const ours = await holdfast(repository, words);
  expect(ours).toMatchObject({ exitCode: 0, errors: "" });
  expect(theirs.exitCode).toBe(0);
  expect(documents(ours.output)).toEqual(documents(theirs.stdout));
});

const sameLines = [
  "list blobs",
  "list packs",
  "list index",
  "list snapshots",
  "list keys",
  "list locks",
  "cat config",
  "cat masterkey",
];
test.skipIf(newestRestic === undefined).each(sameLines)("%s prints what restic prints", async (line) => {
  const sorted = (text: string) => (line.startsWith("list") ? text.split("\n").sort() : text);
  const { stdout } = await restic(repository, line.split(" "));
  const ours = await holdfast(repository, line.split(" "));
  expect(ours).toMatchObject({ exitCode: 0, errors: "" });
  expect(sorted(ours.output)).toEqual(sorted(stdout));
});

test.skipIf(newestRestic === undefined).each(["snapshot", "index", "key", "pack", "tree", "blob"])(
  "cat %s prints what restic prints",
  async (kind) => {
    const listOf: Record<string, string> = {
      snapshot: "snapshots",
      tree: "snapshots",
      index: "index",
      key: "keys",
      pack: "packs",
      blob: "blobs",
    };
    const listed = (await holdfast(repository, ["list", listOf[kind]!])).output.trim().split("\n");
    for (const id of listed.map((entry) => entry.split(" ").at(-1)!)) {
      const ours = await holdfast(repository, ["cat", kind, id]);
      expect(ours).toMatchObject({ exitCode: 0, errors: "" });
      const theirs = await restic(repository, ["cat", kind, id]);
      // A pack is bytes that are no text; both came through the same decoder.
      expect(ours.output).toBe(theirs.stdout);
    }
  },
);

const sameExits: [string, number][] = [
  ["forget", 1],
  ["forget --keep-tag nowhere", 1],
  ["forget --unsafe-allow-remove-all", 1],
  ["forget --keep-last -2", 1],
  ["forget --keep-within 3", 1],
  ["forget --keep-last 1 --no-lock", 1],
  ["forget --keep-last 1 --group-by size", 1],
  ["tag", 1],
  ["tag --add x --set y", 1],
  ["key remove zzz", 1],
  ["key remove", 1],
  ["cat", 1],
  ["cat nothing", 1],
  ["cat snapshot", 1],
  ["cat blob abcd", 1],
  ["list", 1],
  ["list nothing", 1],
  ["snapshots --no-such-flag", 1],
  ["snapshots -r /nonexistent/repository", 10],
  ["unlock", 0],
  ["forget --json --keep-tag nowhere", 1],
];
test.skipIf(newestRestic === undefined).each(sameExits)("%s ends as with restic, with %i", async (line, exitCode) => {
  const words = line.split(" ");
  const theirs = await restic(repository, words);
  const ours = await holdfast(repository, words);
  expect([ours.exitCode, theirs.exitCode]).toEqual([exitCode, exitCode]);
  expect(ours.output).toBe("");
  expect(ours.errors === "").toBe(theirs.stderr === "");
});

test.skipIf(newestRestic === undefined)("a tag changes a snapshot as restic changes it", async () => {
  const copies = ["theirs", "ours"].map((name) => join(dir, name)) as [string, string];
  for (const copy of copies) cpSync(repository, copy, { recursive: true });
  const changes = [
    ["--add", "x, y", "--remove", "one"],
    ["--set", "p,q", "--host", "beta"],
    ["--remove", "x,p", "latest"],
  ];
  for (const change of changes) {
    const theirs = documents((await restic(copies[0], ["tag", "--json", ...change])).stdout);
    const ours = documents((await holdfast(copies[1], ["tag", "--json", ...change])).output);
    const isChange = {
      message_type: "changed",
      old_snapshot_id: expect.any(String),
      new_snapshot_id: expect.any(String),
    };
    expect(ours).toEqual([...Array.from({ length: ours.length - 1 }, () => isChange), theirs.at(-1)]);
  }
  const [left, right] = await Promise.all(
    copies.map(async (copy) => {
      const listed = JSON.parse((await restic(copy, ["snapshots", "--json"])).stdout) as Record<string, unknown>[];
      return listed.map(({ id, short_id, ...said }) => ({
        ...said,
        isNew: id !== said["original"] && short_id !== "",
      }));
    }),
  );
  expect(right).toEqual(left);
});

test.skipIf(newestRestic === undefined)("what Holdfast forgets is gone for restic, and the rest is sound", async () => {
  const copy = join(dir, "forgotten");
  cpSync(repository, copy, { recursive: true });
  expect(await holdfast(copy, ["forget", "--keep-monthly", "1", "--host", "alpha"])).toMatchObject({ exitCode: 0 });
  const left = JSON.parse((await restic(copy, ["snapshots", "--json"])).stdout) as { time: string }[];
  expect(left.map(({ time }) => time.slice(0, 7))).toEqual(["2024-06", "2025-06"]);
  expect((await restic(copy, ["check", "--read-data"])).exitCode).toBe(0);
});

test.skipIf(newestRestic === undefined)(
  "each opens the repository with the password that the other has set",
  async () => {
    const copy = join(dir, "keys");
    cpSync(repository, copy, { recursive: true });
    const [second, third] = ["second", "third"].map((name) => join(dir, name)) as [string, string];
    for (const [file, secret] of [
      [second, "zwei"],
      [third, "drei"],
    ] as const)
      writeFileSync(file, secret);

    expect(await holdfast(copy, ["key", "add", "--new-password-file", second])).toMatchObject({ exitCode: 0 });
    expect((await restic(copy, ["snapshots"], "zwei")).exitCode).toBe(0);
    expect((await restic(copy, ["key", "passwd", "--new-password-file", third], "zwei")).exitCode).toBe(0);
    expect(await holdfast(copy, ["snapshots", "-p", second])).toMatchObject({ exitCode: 12 });
    expect(await holdfast(copy, ["key", "passwd", "-p", third, "--new-password-file", second])).toMatchObject({
      exitCode: 0,
    });
    expect((await restic(copy, ["snapshots"], "drei")).exitCode).toBe(12);
    const keys = JSON.parse((await restic(copy, ["key", "list", "--json"], "zwei")).stdout) as {
      current: boolean;
      id: string;
    }[];
    expect(keys.map(({ current }) => current).toSorted()).toEqual([false, true]);
    const old = keys.find(({ current }) => !current)!.id;
    expect(await holdfast(copy, ["key", "remove", old.slice(0, 9), "-p", second])).toMatchObject({ exitCode: 0 });
    expect((await restic(copy, ["snapshots"])).exitCode).toBe(12);

    expect((await restic(copy, ["key", "add", "--new-insecure-no-password"], "zwei")).exitCode).toBe(0);
    const bare = await holdfast(copy, ["snapshots", "-p", "/dev/null", "--insecure-no-password"]);
    expect(bare).toMatchObject({ exitCode: 1, errors: expect.stringContaining("CLI_USAGE") });
  },
);
