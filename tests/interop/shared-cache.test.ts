import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { chmod, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import { Repository, backup, findSnapshot, listDirectory, listSnapshots } from "@holdfast/engine";
import { filesSource } from "@holdfast/sources";
import { localStorage, metered, newStorageCounters } from "@holdfast/storage";
import { temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { mustRun } from "../start/program.ts";
import { initRepository } from "./holdfast.ts";
import { installedRestic, newestRestic, password, type Restic } from "./restic.ts";

const context = { clock: systemClock, random: systemRandom, log: silentLog };

for (const [name, restic] of [
  ["the newest restic", newestRestic],
  ["the restic of this system", installedRestic],
] as const) {
  test.skipIf(restic === undefined)(`one cache serves ${name} and Holdfast in turn`, () => expectShared(restic!));
}

async function expectShared(restic: Restic): Promise<void> {
  const folder = await temporaryDirectory();
  const [path, cache, source] = [join(folder, "repository"), join(folder, "cache"), join(folder, "source")];
  mkdirSync(join(source, "inner"), { recursive: true });
  await initRepository(path);
  const resticSays = (...words: string[]) =>
    mustRun(restic.path, ["-r", path, "--cache-dir", cache, ...words], { variables: { RESTIC_PASSWORD: password } });
  const open = async () => {
    const counters = newStorageCounters();
    const options = { password, cache: { folder: cache, hasIndex: true } };
    const repository = await Repository.open(metered(localStorage(path), counters), options, context);
    counters.reads = 0;
    return { repository, counters };
  };

  // What restic fetched, Holdfast does not read again.
  writeFileSync(join(source, "inner", "one"), "first\n");
  await resticSays("backup", "--quiet", source);
  const ours = await open();
  expect(await listSnapshots(ours.repository, fail)).toHaveLength(1);
  await ours.repository.loadIndex();
  const first = await findSnapshot(ours.repository, "latest");
  expect((await listDirectory(ours.repository, first.tree, namesOf(source))).length).toBe(1);
  expect(ours.counters.reads).toBe(0);

  // What Holdfast stored, restic finds in the cache: the stored packs of trees can be lost meanwhile.
  writeFileSync(join(source, "inner", "two"), "second\n");
  const owner = {
    technology: "incremental" as const,
    hostname: "interop",
    username: "tester",
    pid: process.pid,
    programVersion: "holdfast test",
  };
  await backup(ours.repository, filesSource({ targets: [source], workingDir: folder }), owner);
  const cached = cachedNames(cache, ours.repository.id, "data");
  expect(cached.length).toBeGreaterThan(1);
  const stored = cached.map((name) => join(path, "data", name.slice(0, 2), name));
  const good = await Promise.all(stored.map((pack) => readFile(pack)));
  for (const pack of stored) {
    await chmod(pack, 0o600);
    await writeFile(pack, "damaged");
  }
  expect(await resticSays("ls", "latest")).toContain(join(source, "inner", "two"));
  for (const [at, pack] of stored.entries()) await writeFile(pack, good[at]!);

  // What either removes leaves the cache with the other's next look, and nothing of ours is in restic's way.
  await resticSays("forget", "--keep-last", "1", "--prune", "--group-by", "");
  const after = await open();
  expect(await listSnapshots(after.repository, fail)).toHaveLength(1);
  await after.repository.loadIndex();
  for (const [kind, folders] of [
    ["snapshots", ["snapshots"]],
    ["index", ["index"]],
  ] as const) {
    const there = new Set(folders.flatMap((name) => readdirSync(join(path, name))));
    expect(cachedNames(cache, after.repository.id, kind).filter((name) => !there.has(name))).toEqual([]);
  }
  const latest = await findSnapshot(after.repository, "latest");
  expect((await listDirectory(after.repository, latest.tree, namesOf(join(source, "inner")))).length).toBe(2);
  expect(readFileSync(join(cache, after.repository.id, "version"), "utf8")).toBe("1");
  expect(await resticSays("cache")).toContain(after.repository.id.slice(0, 10));
  await resticSays("check", "--with-cache", "--read-data");
}

const namesOf = (path: string) =>
  path
    .split("/")
    .filter((name) => name !== "")
    .map((name) => Buffer.from(name));

/** Names of the files of one kind that the cache holds. */
function cachedNames(cache: string, repository: string, kind: string): string[] {
  const entries = readdirSync(join(cache, repository, kind), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => basename(entry.name));
}

function fail(id: string, error: Error): never {
  throw new Error(`snapshot ${id}`, { cause: error });
}
