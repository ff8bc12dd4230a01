import { existsSync, readFileSync } from "node:fs";
import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { HoldfastError } from "@holdfast/base";
import { describe, expect, test } from "vitest";
import { commandLineWithRepository, messages } from "../command-line.fixture.ts";
import { cliErrors } from "../errors.ts";

type Run = Awaited<ReturnType<typeof commandLineWithRepository>>["run"];

async function snapshotsOf(run: Run): Promise<Record<string, unknown>[]> {
  return JSON.parse((await run("snapshots", "--json")).output) as Record<string, unknown>[];
}

const summaryOf = (output: string) => messages(output).at(-1)!;

describe("the output of a command", () => {
  test("is one file of the snapshot, whose time is the one that was given", async () => {
    const { run } = await commandLineWithRepository();
    const flags = ["--stdin-filename", "db/shop.sql", "--time", "2020-01-02 03:04:05", "--stdin-from-command"];
    const saved = await run("backup", "--json", ...flags, "--", "sh", "-c", "printf 'the shop'");
    expect(summaryOf(saved.output)).toMatchObject({ files_new: 1, dirs_new: 1, total_bytes_processed: 8 });
    const [snapshot] = await snapshotsOf(run);
    expect(snapshot).toMatchObject({ paths: ["/db/shop.sql"], time: expect.stringContaining("2020-01-02T03:04:05") });
    expect((await run("ls", "-l", "latest")).output).toMatch(/8 2020-01-02 03:04:05 \/db\/shop\.sql$/m);
  });

  test.each([
    ["fails at its end", ["sh", "-c", "echo half; exit 3"], "CLI_COMMAND_FAILED"],
    ["is killed", ["sh", "-c", "echo half; kill -9 $$"], "CLI_COMMAND_FAILED"],
    ["does not exist", ["/nonexistent/dump"], "CLI_COMMAND_FAILED"],
    ["says nothing", ["true"], "SOURCE_EMPTY"],
  ])("makes no snapshot when the command %s", async (_, words, code) => {
    const { run, repository } = await commandLineWithRepository();
    const flags = ["--stdin-from-command", "--stdin-filename", "dir/name", "--"];
    expect(await run("backup", ...flags, ...words)).toMatchObject({
      exitCode: 1,
      errors: expect.stringContaining(`holdfast: ${code}: `),
    });
    expect(await readdir(join(repository, "snapshots"))).toEqual([]);
    expect(await readdir(join(repository, "locks"))).toEqual([]);
  });

  test("ends with the backup, when that is interrupted while the command has nothing to say", async () => {
    const interruption = new AbortController();
    const { run, folder, repository } = await commandLineWithRepository({ signal: interruption.signal });
    const pidFile = join(folder, "pid");
    const script = `echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; echo half; exec sleep 60`;
    const running = run("backup", "--stdin-from-command", "--", "sh", "-c", script);
    while (!existsSync(pidFile)) await sleep(20);
    interruption.abort(new HoldfastError(cliErrors.interrupted, "Interrupted."));
    expect(await running).toMatchObject({ exitCode: 130 });
    expect(() => process.kill(Number(readFileSync(pidFile, "utf8")), 0)).toThrow("ESRCH");
    expect(await readdir(join(repository, "snapshots"))).toEqual([]);
  });

  test.each([
    [["--stdin-from-command"]],
    [["--stdin", "some/path"]],
    [["--stdin", "--stdin-from-command", "true"]],
    [["--stdin", "--files-from", "list"]],
    [["--stdin-from-command", "--files-from-raw", "list", "true"]],
  ])("is not mixed with anything else: %j", async (words) => {
    const { run } = await commandLineWithRepository();
    expect(await run("backup", ...words)).toMatchObject({
      exitCode: 1,
      errors: expect.stringContaining("CLI_USAGE"),
    });
  });
});

test("a dry run says what a backup would, and leaves the repository as it was", async () => {
  const { run, source, repository } = await commandLineWithRepository();
  const before = await readdir(repository, { recursive: true });
  const dry = await run("backup", "--dry-run", "--json", source);
  const text = await run("backup", "-n", source);
  expect(await readdir(repository, { recursive: true })).toEqual(before);
  expect(text.output).toContain("Would add to the repository: ");
  expect(text.output).not.toContain("saved");
  const real = summaryOf((await run("backup", "--json", source)).output);
  const counts = ({ files_new, dirs_new, data_blobs, data_added, data_added_packed }: Record<string, unknown>) => {
    return { files_new, dirs_new, data_blobs, data_added, data_added_packed };
  };
  expect(counts(summaryOf(dry.output))).toEqual(counts(real));
  expect(summaryOf(dry.output)).toMatchObject({ dry_run: true });
  expect(real).not.toHaveProperty("dry_run");
});

test("an unchanged state is skipped, and any change is not", async () => {
  const { run, source } = await commandLineWithRepository();
  await run("backup", source);
  const skipped = await run("backup", "--skip-if-unchanged", source);
  expect(skipped).toMatchObject({ exitCode: 0, output: expect.stringContaining("skipped creating snapshot\n") });
  const asJson = summaryOf((await run("backup", "--skip-if-unchanged", "--json", source)).output);
  expect(asJson).toMatchObject({ message_type: "summary", files_unmodified: 2 });
  expect(asJson).not.toHaveProperty("snapshot_id");
  expect(await snapshotsOf(run)).toHaveLength(1);
  await writeFile(join(source, "new"), "x");
  await run("backup", "--skip-if-unchanged", source);
  expect(await snapshotsOf(run)).toHaveLength(2);
});

test("the parent is chosen by what it is to have in common", async () => {
  const { run, source } = await commandLineWithRepository();
  const first = summaryOf((await run("backup", "--json", "--host", "a", "--tag", "t", source)).output).snapshot_id;
  const parentOf = async (...words: string[]) => {
    await run("backup", "--host", "b", ...words, source);
    const snapshots = await snapshotsOf(run);
    const newest = snapshots.find(({ id }) => id !== first);
    await run("forget", String(newest?.["id"]));
    return newest?.["parent"];
  };
  expect(await parentOf()).toBe(undefined);
  expect(await parentOf("--group-by", "paths")).toBe(first);
  expect(await parentOf("--group-by", "")).toBe(first);
  expect(await parentOf("--group-by", "tags", "--tag", "t")).toBe(first);
  expect(await parentOf("--group-by", "tags", "--tag", "other")).toBe(undefined);
});

test("scripts hear of each entry with -v, people with -vv", async () => {
  const { run, source } = await commandLineWithRepository();
  const told = messages((await run("backup", "--json", "-v", source)).output).filter(
    ({ message_type }) => message_type === "verbose_status",
  );
  expect(told[0]).toMatchObject({ action: "scan_finished", total_files: 2, data_size: 100_006 });
  expect(told.find(({ item }) => item === `${source}/a.txt`)).toMatchObject({
    action: "new",
    data_size: 6,
    metadata_size: 0,
    total_files: 0,
  });
  expect(told.find(({ item }) => item === `${source}/inner/`)).toMatchObject({
    action: "new",
    data_size: 0,
    metadata_size: expect.any(Number),
  });
  const text = (await run("backup", "-vv", source)).output;
  expect(text).toContain(`unchanged ${source}/inner/b.bin\n`);
  expect((await run("backup", "-v", source)).output).not.toContain("b.bin");
});

test.each([
  [["--compression", "off"], { RESTIC_COMPRESSION: "max" }, 100_000],
  [[], { RESTIC_COMPRESSION: "off" }, 100_000],
  [["--compression", "max"], {}, 0],
])("how hard to compress is said by flag or variable: %j %j", async (words, variables, leastBytes) => {
  const { run, source } = await commandLineWithRepository({ variables });
  const { data_added_packed } = summaryOf((await run("backup", "--json", ...words, source)).output);
  expect(Number(data_added_packed) > leastBytes).toBe(true);
  expect(Number(data_added_packed) < leastBytes + 10_000).toBe(true);
});

test.each([
  [["--pack-size", "3"], {}],
  [["--pack-size", "129"], {}],
  [[], { HOLDFAST_PACK_SIZE: "many" }],
  [[], { RESTIC_COMPRESSION: "much" }],
  [["--read-concurrency", "0"], {}],
  [[], { RESTIC_READ_CONCURRENCY: "two" }],
  [["--limit-upload", "fast"], {}],
  [["--time", "soon"], {}],
  [["--group-by", "size"], {}],
])("a setting that is none is refused: %j %j", async (words, variables) => {
  const { run, source } = await commandLineWithRepository({ variables });
  expect(await run("backup", ...words, source)).toMatchObject({
    exitCode: 1,
    errors: expect.stringContaining("CLI_USAGE"),
  });
});
