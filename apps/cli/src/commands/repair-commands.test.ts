import { chmod, cp, readFile, readdir, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { systemRandom } from "@holdfast/base";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commandLineWithRepository, messages } from "../command-line.fixture.ts";

const calledFrom = process.cwd();
let whole: Awaited<ReturnType<typeof commandLineWithRepository>>;

/** Two snapshots of two files whose bytes do not compress, each pack by itself. */
beforeEach(async () => {
  whole = await commandLineWithRepository();
  const { run, source, folder } = whole;
  await writeFile(join(source, "a.txt"), systemRandom.bytes(20_000));
  await run("backup", source, "--host", "alpha");
  await writeFile(join(source, "new.bin"), systemRandom.bytes(30_000));
  await run("backup", source, "--host", "alpha");
  process.chdir(folder); // copies of packs go there
});
afterEach(() => process.chdir(calledFrom));

async function filesIn(type: "index" | "data" | "snapshots"): Promise<string[]> {
  const entries = await readdir(join(whole.repository, type), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}

const nameOf = (path: string) => path.split("/").at(-1)!;

async function snapshots(): Promise<Record<string, unknown>[]> {
  return JSON.parse((await whole.run("snapshots", "--json")).output) as Record<string, unknown>[];
}

/** The pack that holds the content of `new.bin`: the one whose loss only the second snapshot feels. */
async function packOfNewFile(): Promise<string> {
  for (const path of await filesIn("data")) {
    if ((await readFile(path)).length > 30_000 && (await readFile(path)).length < 40_000) return path;
  }
  return expect.unreachable();
}

test("a sound repository needs no repair", async () => {
  const { run } = whole;
  const before = await filesIn("index");
  expect(await run("repair", "index")).toMatchObject({ exitCode: 0, output: "done\n", errors: "" });
  expect(await run("repair", "snapshots")).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining("no snapshots were modified\n"),
  });
  expect(await run("recover")).toMatchObject({ exitCode: 0, output: expect.stringContaining("no snapshot to write.") });
  expect(await filesIn("index")).toEqual(before);
});

test("a lost index is made anew, and a lost pack is forgotten and taken out of the snapshots", async () => {
  const { run, source } = whole;
  for (const path of await filesIn("index")) await rm(path);
  expect((await run("repair", "index")).errors).toMatch(/^(adding pack file to index [0-9a-f]{64}\n)+$/);
  expect((await run("check", "--read-data")).exitCode).toBe(0);

  const pack = await packOfNewFile();
  await rm(pack);
  expect((await run("repair", "index")).errors).toBe(`removing not found pack file ${nameOf(pack)}\n`);
  const dry = await run("repair", "snapshots", "--forget", "--dry-run");
  expect(dry.output).toContain(`  file "${source}/new.bin": removed missing content\n`);
  expect(dry.output).toContain("would save new snapshot\nwould remove old snapshot\n");
  expect(dry.output).toContain("would modify 1 snapshots\n");
  const done = await run("repair", "snapshots", "--forget");
  expect(done).toMatchObject({ exitCode: 0, output: expect.stringMatching(/^saved new snapshot [0-9a-f]{8}$/m) });
  expect((await run("check", "--read-data")).exitCode).toBe(0);
  expect(await snapshots()).toHaveLength(2);
});

test("a damaged pack is put aside, emptied and removed; what it lost is named", async () => {
  const { run, folder } = whole;
  const pack = await packOfNewFile();
  const bytes = await readFile(pack);
  bytes[100]! ^= 1;
  await chmod(pack, 0o600);
  await writeFile(pack, bytes);
  const name = nameOf(pack);
  const done = await run("repair", "packs", name);
  expect(done.output).toContain("saving backup copies of pack files to current folder\n");
  expect(done.output).toContain(`removed pack ${name}\n`);
  expect(done.errors).toMatch(/^data blob [0-9a-f]{64} is lost\n/);
  expect(await readFile(join(folder, `pack-${name}`))).toEqual(bytes);
  expect((await filesIn("data")).map(nameOf)).not.toContain(name);
  await run("repair", "snapshots", "--forget");
  expect((await run("check", "--read-data")).exitCode).toBe(0);
});

test("a copy that is there already is not overwritten", async () => {
  const { run, folder } = whole;
  const pack = await packOfNewFile();
  await chmod(pack, 0o600);
  await truncate(pack, 1000);
  const kept = join(folder, `pack-${nameOf(pack)}`);
  await writeFile(kept, "something else");
  expect(await run("repair", "packs", nameOf(pack))).toMatchObject({
    exitCode: 1,
    errors: expect.stringContaining("CLI_UNWRITABLE_FILE"),
  });
  expect(await readFile(kept, "utf8")).toBe("something else");
  expect(await filesIn("data")).toContain(pack);
});

test("a pack that cannot be read keeps its entry, and the command says what to do", async () => {
  const { run } = whole;
  const pack = await packOfNewFile();
  await chmod(pack, 0o600);
  await truncate(pack, (await readFile(pack)).length - 10); // its blob is there still
  const said = await run("repair", "index");
  expect(said).toMatchObject({ exitCode: 1, errors: expect.stringContaining("CLI_REPAIR_INCOMPLETE") });
  expect(said.errors).toContain(`Run: holdfast repair packs ${nameOf(pack)}`);
});

test("a snapshot file that cannot be read is only removed when it is named", async () => {
  const { run } = whole;
  const [path] = await filesIn("snapshots");
  await chmod(path!, 0o600);
  await truncate(path!, 50);
  const said = await run("repair", "snapshots", "--forget");
  expect(said).toMatchObject({ exitCode: 1, errors: expect.stringContaining(`--forget ${nameOf(path!)}`) });
  expect(await filesIn("snapshots")).toContain(path);
  expect(await run("repair", "snapshots", "--forget", nameOf(path!).slice(0, 10))).toMatchObject({
    exitCode: 0,
    output: expect.stringContaining(`removed unreadable snapshot ${nameOf(path!)}\n`),
  });
  expect(await filesIn("snapshots")).not.toContain(path);
});

test("forgotten snapshots are recovered", async () => {
  const { run, source } = whole;
  const [first] = await snapshots();
  await run("forget", String(first?.["id"]));
  const said = await run("recover");
  expect(said.output).toContain("found 1 unreferenced root\n");
  const found = (await snapshots()).find(({ tags }) => String(tags) === "recovered");
  expect(found).toMatchObject({ paths: ["/recover"] });
  const listed = await run("ls", String(found?.["id"]), "--recursive");
  expect(listed.output).toContain(`/${String(first?.["tree"]).slice(0, 8)}${source}/a.txt\n`);
});

test("rewrite takes files out of snapshots, and says where they came from", async () => {
  const { run, source } = whole;
  const old = await snapshots();
  expect((await run("rewrite", "--exclude", "new.bin", "--dry-run")).output).toContain("would modify 1 snapshots\n");
  const said = messages((await run("rewrite", "--exclude", "new.bin", "--json")).output);
  expect(said).toEqual([
    { message_type: "changed", old_snapshot_id: old[1]?.["id"], new_snapshot_id: expect.any(String) },
    { message_type: "summary", changed_snapshots: 1 },
  ]);
  const made = (await snapshots()).find(({ id }) => id === said[0]?.["new_snapshot_id"]);
  expect(made).toMatchObject({ tags: ["rewrite"], original: old[1]?.["id"], hostname: "alpha" });
  expect((await run("ls", String(made?.["id"]), "--recursive")).output).not.toContain("new.bin");
  await run("rewrite", "--include", `${source}/inner`, "--new-host", "beta", "--forget");
  const hosts = (await snapshots()).map(({ hostname }) => hostname);
  expect(new Set(hosts)).toEqual(new Set(["beta"]));
  expect((await run("check", "--read-data")).exitCode).toBe(0);
});

test("repairs look at the repository, not at what this machine remembers of it", async () => {
  const { run, folder } = whole;
  const cache = ["--cache-dir", join(folder, "cache")];
  await run("ls", "latest", ...cache);
  const [path] = await filesIn("index");
  await chmod(path!, 0o600);
  await truncate(path!, 50);
  expect(await run("ls", "latest", ...cache)).toMatchObject({ exitCode: 0 }); // which is why
  expect((await run("repair", "index", ...cache)).errors).toContain(`removing invalid index ${nameOf(path!)}\n`);
  expect(await run("check", "--read-data")).toMatchObject({ exitCode: 0 });
});

test("a repair of a copy leaves the original alone", async () => {
  const { run, folder } = whole;
  const copy = join(folder, "copy");
  await cp(whole.repository, copy, { recursive: true });
  for (const entry of await readdir(join(copy, "index"))) await rm(join(copy, "index", entry));
  const before = await filesIn("index");
  expect((await run("repair", "index", "--read-all-packs", "-r", copy)).exitCode).toBe(0);
  expect((await run("check", "--read-data", "-r", copy)).exitCode).toBe(0);
  expect(await filesIn("index")).toEqual(before);
});
