import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import { Repository } from "@holdfast/engine";
import { openStorage } from "@holdfast/storage";
import { commandLine, commandLineWithRepository, messages } from "../command-line.fixture.ts";

const context = { clock: systemClock, random: systemRandom, log: silentLog };

/** One whose password costs next to nothing to try. */
async function cheapRepository(path: string, version: 1 | 2 = 2): Promise<void> {
  const options = { password: "test", hostname: "here", username: "tester", version, kdf: { N: 2, r: 1, p: 1 } };
  await Repository.init(await openStorage(path, context), options, context);
}

/** A repository with two snapshots of which the first was forgotten; what only that one had is of no use any more. */
async function withForgotten() {
  const whole = await commandLineWithRepository();
  const { run, source, repository } = whole;
  await writeFile(join(source, "old.bin"), systemRandom.bytes(50_000));
  const first = messages((await run("backup", source, "--json")).output).at(-1);
  await rm(join(source, "old.bin"));
  await run("backup", source);
  await rm(join(repository, "snapshots", String(first?.snapshot_id)));
  return whole;
}

async function packsIn(repository: string): Promise<string[]> {
  const entries = await readdir(join(repository, "data"), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

test("prune removes what no snapshot needs, and says what in restic's lines", async () => {
  const { run, repository } = await withForgotten();
  const before = await packsIn(repository);
  const dry = await run("prune", "--dry-run", "--max-unused", "0", "-vv");
  expect(dry).toMatchObject({ exitCode: 0, output: expect.stringContaining("Would have made the following changes:") });
  expect(dry.output).toMatch(/^to repack: +\d+ blobs \/ [\d.]+ (B|KiB)$/m);
  expect(await packsIn(repository)).toEqual(before);
  const done = await run("prune", "--max-unused", "0");
  expect(done).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^done$/m), errors: "" });
  expect(await packsIn(repository)).not.toEqual(before);
  expect(await run("check", "--read-data")).toMatchObject({ exitCode: 0, errors: "" });
});

test("forget --prune removes snapshots and then what only they had", async () => {
  const { run, source, repository } = await withForgotten();
  await writeFile(join(source, "more.bin"), systemRandom.bytes(50_000));
  await run("backup", source);
  const before = await packsIn(repository);
  const flags = ["--keep-last", "1", "--prune", "--max-unused", "0"];
  const dry = await run("forget", ...flags, "--dry-run");
  expect(dry.output).toMatch(/^to delete: +[1-9]\d* blobs/m);
  expect(await packsIn(repository)).toEqual(before);
  const done = await run("forget", ...flags);
  expect(done).toMatchObject({ exitCode: 0, output: expect.stringMatching(/removed 1 snapshot[^]*^done$/m) });
  expect(await packsIn(repository)).not.toEqual(before);
  expect(await run("check", "--read-data")).toMatchObject({ exitCode: 0, errors: "" });
});

test("prune --json is one summary with restic's names", async () => {
  const { run } = await withForgotten();
  const { output } = await run("prune", "--json", "--max-unused", "0");
  const [summary, ...rest] = messages(output);
  expect(rest).toEqual([]);
  expect(summary).toMatchObject({ message_type: "summary", blobs: { duplicate: 0 }, packfiles: { unreferenced: 0 } });
  expect(Object.keys(summary!.bytes as object)).toEqual([
    "used",
    "duplicate",
    "unused",
    "unreferenced",
    "uncompressed",
    "total",
    "repack",
    "repack_remove",
    "remove",
    "remove_total",
    "remaining",
    "remaining_unused",
  ]);
});

test.each([
  ["--max-unused=100%"],
  ["--max-unused=-1"],
  ["--max-unused=some"],
  ["--max-repack-size=much"],
  ["--repack-smaller-than=500M"],
  ["--no-lock"],
])("prune does not take %s", async (flag) => {
  const { run } = await commandLineWithRepository();
  expect(await run("prune", flag)).toMatchObject({ exitCode: 1, errors: expect.stringContaining("CLI_USAGE") });
});

test("a full disk is only freed in the repository whose id was given", async () => {
  const { run } = await withForgotten();
  const refused = await run("prune", "--unsafe-recover-no-free-space", "yes");
  expect(refused).toMatchObject({ exitCode: 1, errors: expect.stringContaining("ENGINE_PRUNE_OPTION") });
  const [id = ""] = /[0-9a-f]{64}/.exec(refused.errors) ?? [];
  expect(await run("prune", "--unsafe-recover-no-free-space", id)).toMatchObject({ exitCode: 0 });
  expect(await run("check", "--read-data")).toMatchObject({ exitCode: 0 });
});

test("copy brings snapshots from another repository, each once, and init takes over how files are cut", async () => {
  const { run, source, folder, repository } = await withForgotten();
  await run("backup", source, "--host", "beta");
  const target = join(folder, "target");
  const from = ["--from-repo", repository];
  const variables = { HOLDFAST_REPOSITORY: target, HOLDFAST_FROM_PASSWORD: "test" };
  const there = await commandLine({ variables });
  const made = await there.run("init", "-r", join(folder, "second"), "--copy-chunker-params", ...from);
  expect(made).toMatchObject({ exitCode: 0, errors: "" });
  const polynomial = async (path: string) =>
    (await Repository.open(await openStorage(path, context), { password: "test" }, context)).chunkerPolynomial;
  expect(await polynomial(join(folder, "second"))).toBe(await polynomial(repository));

  await cheapRepository(target);
  const one = await there.run("copy", ...from, "--host", "beta", "latest");
  expect(one).toMatchObject({ exitCode: 0, output: expect.stringMatching(/saved, copied from source snapshot/) });
  expect(messages((await there.run("copy", ...from, "--json")).output)).toMatchObject([
    { message_type: "summary", copied: [{}], skipped: [expect.any(String)] },
  ]);
  expect((await there.run("snapshots")).output).toContain("2 snapshots");
  expect(await there.run("check", "--read-data")).toMatchObject({ exitCode: 0 });
});

test("copy needs a source, and its own password", async () => {
  const { run, repository } = await commandLineWithRepository({ variables: { RESTIC_FROM_PASSWORD: "wrong" } });
  expect(await run("copy")).toMatchObject({ exitCode: 1, errors: expect.stringContaining("CLI_NO_REPOSITORY_GIVEN") });
  expect(await run("copy", "--from-repo", repository)).toMatchObject({ exitCode: 12 });
  expect(await run("init", "--from-repo", repository)).toMatchObject({ exitCode: 1 });
});

test("migrate lists what can be done, and brings a version 1 repository to version 2", async () => {
  const { run, folder, source } = await commandLineWithRepository();
  expect((await run("migrate")).output).toContain("no migrations found");
  const old = ["-r", join(folder, "old")];
  await cheapRepository(join(folder, "old"), 1);
  await run("backup", ...old, source);
  expect((await run("migrate", ...old)).output).toContain("  upgrade_repo_v2\t");
  expect(await run("migrate", ...old, "nonsense")).toMatchObject({ exitCode: 1 });
  expect((await run("migrate", ...old, "upgrade_repo_v2")).output).toContain("migration upgrade_repo_v2: success");
  expect(await run("migrate", ...old, "upgrade_repo_v2")).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining("cannot be applied"),
  });
  expect(await run("prune", ...old, "--repack-uncompressed")).toMatchObject({ exitCode: 0 });
  expect(await run("check", ...old, "--read-data")).toMatchObject({ exitCode: 0, errors: "" });
});
