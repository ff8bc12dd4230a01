import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { holdfastProgram, mustRun } from "../start/program.ts";
import { initRepository } from "./holdfast.ts";
import { newestRestic, password, snapshotsOf } from "./restic.ts";

/** Our program in a process of its own, where `dir` is the working folder. */
function holdfast(repository: string, dir: string, words: readonly string[], input = ""): Promise<string> {
  const variables = { HOLDFAST_PASSWORD: password, TZ: "UTC" };
  const all = [holdfastProgram, "-r", repository, "--no-cache", ...words];
  return mustRun(process.execPath, all, { variables, cwd: dir, input });
}

function summaryOf(output: string): Record<string, unknown> {
  return JSON.parse(output.trim().split("\n").at(-1)!) as Record<string, unknown>;
}

async function sourceAndRepository() {
  const dir = await temporaryDirectory();
  const repository = join(dir, "repository");
  await initRepository(repository);
  const random = seededRandom("flags of backup");
  mkdirSync(join(dir, "source", "inner"), { recursive: true });
  for (const name of ["a", "inner/b"]) {
    writeFileSync(join(dir, "source", name), random.bytes(40_000));
    utimesSync(join(dir, "source", name), 1_600_000_000 + name.length, 1_500_000_000);
  }
  return { dir, repository };
}

test.skipIf(newestRestic === undefined)("access times give the tree that they give restic's", async () => {
  const { dir, repository } = await sourceAndRepository();
  const words = ["backup", "--json", "--with-atime", "source"];
  await holdfast(repository, dir, ["backup", "source"]);
  const theirs = await newestRestic!.run(repository, [...words, "--skip-if-unchanged"], { cwd: dir });
  expect(summaryOf(theirs)).toHaveProperty("snapshot_id"); // without access times the listings are others
  const same = await holdfast(repository, dir, [...words, "--skip-if-unchanged"]);
  expect(summaryOf(same)).not.toHaveProperty("snapshot_id");
});

test.skipIf(newestRestic === undefined)("standard input becomes the tree that it becomes with restic's", async () => {
  const { dir, repository } = await sourceAndRepository();
  const flags = ["--stdin-filename", "db/shop.sql", "--time", "2020-01-02 03:04:05"];
  const command = ["--stdin-from-command", "--", "printf", "%s", "the shop"];
  await newestRestic!.run(repository, ["backup", ...flags, ...command]);
  await holdfast(repository, dir, ["backup", ...flags, "--stdin"], "the shop");
  await holdfast(repository, dir, ["backup", ...flags, ...command]);
  const trees = (await snapshotsOf(newestRestic!, repository)).map(({ tree }) => tree);
  expect(trees).toHaveLength(3);
  expect(new Set(trees).size).toBe(1);
});

test.skipIf(newestRestic === undefined)("a dry run counts what restic's counts, and stores nothing", async () => {
  const { dir, repository } = await sourceAndRepository();
  const words = ["backup", "--dry-run", "--json", "source"];
  const theirs = summaryOf(await newestRestic!.run(repository, words, { cwd: dir }));
  const ours = summaryOf(await holdfast(repository, dir, words));
  const counted = Object.keys(theirs).filter((key) =>
    /^(files|dirs|total_files|total_bytes)|_blobs$|^data_added$/.test(key),
  );
  expect(counted.length).toBeGreaterThan(9);
  for (const key of counted) expect(ours[key], key).toBe(theirs[key]);
  expect(Object.keys(ours).sort()).toEqual(Object.keys(theirs).sort());
  expect(await snapshotsOf(newestRestic!, repository)).toEqual([]);
});

test.skipIf(newestRestic === undefined)(
  "each skips what the other has backed up, and tells of each entry alike",
  async () => {
    const { dir, repository } = await sourceAndRepository();
    await holdfast(repository, dir, ["backup", "source"]);
    const words = ["backup", "--skip-if-unchanged", "--json", "-v", "source"];
    const told = (output: string) =>
      output
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>)
        .filter(({ message_type, action }) => message_type === "verbose_status" && action !== "scan_finished")
        .map((message) => JSON.stringify(message, Object.keys(message).sort()))
        .sort();
    const theirs = await newestRestic!.run(repository, words, { cwd: dir });
    const ours = await holdfast(repository, dir, words);
    expect(told(ours)).toEqual(told(theirs));
    for (const output of [theirs, ours]) expect(summaryOf(output)).not.toHaveProperty("snapshot_id");
    expect(await snapshotsOf(newestRestic!, repository)).toHaveLength(1);
  },
);
