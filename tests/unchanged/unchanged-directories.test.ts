import {
  chmodSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { hourMs, silentLog, systemClock, type Clock } from "@holdfast/base";
import { backup, Repository, type BackupOptions, type BackupResult, type BackupSource } from "@holdfast/engine";
import { native } from "@holdfast/engine/files";
import { filesSource, type FilesOptions } from "@holdfast/sources";
import { memoryStorage, type Storage } from "@holdfast/storage";
import { seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { countingSource, withoutTwin } from "./counting-source.ts";

const seed = process.env["HOLDFAST_SEED"] ?? "unchanged 1";
const steps = Number(process.env["HOLDFAST_STEPS"] ?? 60);
const credentials = { password: "p", hostname: "h", username: "u", kdf: { N: 1024, r: 8, p: 1 } };
/** For what was written just now to look as if it had been there for long. */
const later: Clock = { ...systemClock, nowMs: () => systemClock.nowMs() + hourMs };
const context = { clock: later, random: seededRandom(seed), log: silentLog };
const options: BackupOptions = {
  technology: "incremental",
  hostname: "h",
  username: "u",
  pid: process.pid,
  programVersion: "holdfast 0.0.0",
};

interface World {
  readonly dir: string;
  readonly cache: string;
  readonly storage: Storage;
}

async function newWorld(): Promise<World> {
  const [dir, cache, storage] = [await temporaryDirectory(), await temporaryDirectory(), memoryStorage()];
  await Repository.init(storage, credentials, context);
  return { dir, cache, storage };
}

/** Change times count in ticks of a few milliseconds on older kernels. */
const aTick = () => sleep(12);

const sourceOf = ({ dir }: World, more: Partial<FilesOptions> = {}) =>
  filesSource({ targets: ["top"], workingDir: dir, ...more });

/** A backup that remembers, as every backup with a cache does. */
async function run(
  world: World,
  source: BackupSource = withoutTwin(sourceOf(world)),
  more: Partial<BackupOptions> = {},
) {
  await aTick();
  const cache = { folder: world.cache, hasIndex: true };
  const repository = await Repository.open(world.storage, { ...credentials, cache }, context);
  const result = await backup(repository, source, { ...options, ...more });
  await aTick();
  return result;
}

/** What a backup without memory would say and store. */
async function expected({ storage, ...world }: World): Promise<BackupResult> {
  const repository = await Repository.open(storage, { ...credentials, isDryRun: true }, context);
  return backup(repository, withoutTwin(sourceOf({ storage, ...world })), options);
}

function told({ treeId, counts, isComplete }: BackupResult) {
  return { treeId, isComplete, counts: { ...counts, dataAddedPacked: 0 } };
}

/** A few directories above one another, and beside. */
function writeSomeTree(dir: string): void {
  for (const folder of ["top/a/b/c", "top/a/x", "top/z/y", "top/empty"]) {
    mkdirSync(join(dir, folder), { recursive: true });
    if (folder !== "top/empty")
      for (const name of ["one", "two"]) writeFileSync(join(dir, folder, name), `${folder} ${name}`);
  }
}

describe("a directory that is as it was", () => {
  test("is not listed, nor is any below it, and the snapshot says what it would have said", async () => {
    const world = await newWorld();
    writeSomeTree(world.dir);
    const first = await run(world);
    const { source, listed } = countingSource(withoutTwin(sourceOf(world)));
    const again = await run(world, source);
    expect(listed).toEqual([""]);
    expect(again.treeId).toBe(first.treeId);
    expect(again.counts).toMatchObject({ filesUnmodified: 6, dirsUnmodified: 8, filesNew: 0, dirsChanged: 0 });
    expect(again.counts.totalBytesProcessed).toBe(first.counts.totalBytesProcessed);
  });

  test("stays known however many backups go by", async () => {
    const world = await newWorld();
    writeSomeTree(world.dir);
    await run(world);
    for (let round = 0; round < 3; round += 1) {
      writeFileSync(join(world.dir, "top/z/y/one"), `round ${round}`);
      const { source, listed } = countingSource(withoutTwin(sourceOf(world)));
      const wanted = await expected(world);
      expect(told(await run(world, source))).toEqual(told(wanted));
      expect(listed).toEqual(["", "y"]); // the file's own, and none of those above it
    }
  });

  test("is listed when a backup shall tell of each file, or read each byte, or record times of access", async () => {
    const world = await newWorld();
    writeSomeTree(world.dir);
    await run(world);
    const items: string[] = [];
    await run(world, undefined, { onItem: ({ path }) => items.push(path) });
    expect(items).toHaveLength(6 + 8);
    for (const [more, option] of [
      [{}, { technology: "full" }],
      [{ withAtime: true }, {}],
      [{}, { ignoredChanges: { ctime: true } }],
      [{ excludes: ["two"] }, {}],
    ] as const) {
      const { source, listed } = countingSource(withoutTwin(sourceOf(world, more)));
      await run(world, source, option);
      expect(listed).toHaveLength(9);
    }
  });

  test("is listed when an index file that knew its blobs is gone", async () => {
    const world = await newWorld();
    writeSomeTree(world.dir);
    await run(world);
    writeFileSync(join(world.dir, "top/new"), "new");
    await run(world);
    const [index] = await Array.fromAsync(world.storage.list("index"));
    await world.storage.remove({ type: "index", name: index!.name });
    const { source, listed } = countingSource(withoutTwin(sourceOf(world)));
    await run(world, source);
    expect(listed).toHaveLength(9);
  });

  test("is listed when what was remembered is damaged, or another repository's", async () => {
    const world = await newWorld();
    writeSomeTree(world.dir);
    const first = await run(world);
    const memory = memoryOf(world);
    const good = readFileSync(memory);
    for (const bad of [good.subarray(0, -1), flipped(good, 60), Buffer.alloc(0), await memoryOfAnother(world)]) {
      writeFileSync(memory, bad);
      const { source, listed } = countingSource(withoutTwin(sourceOf(world)));
      expect((await run(world, source)).treeId).toBe(first.treeId);
      expect(listed).toHaveLength(9);
      expect(existsSync(memory)).toBe(true); // and what it found is remembered
    }
  });

  test("is stored anew from its own when the parent's listing cannot be read, and something below it changed", async () => {
    const world = await newWorld();
    writeSomeTree(world.dir);
    await run(world);
    writeFileSync(join(world.dir, "top/a/b/c/one"), "changed");
    const wanted = await expected(world);
    for (const pack of await Array.fromAsync(world.storage.list("pack")))
      await world.storage.remove({ type: "pack", name: pack.name });
    for (const folder of readdirSync(world.cache))
      rmSync(join(world.cache, folder, "data"), { recursive: true, force: true });
    expect((await run(world)).treeId).toBe(wanted.treeId);
  });

  test("is not taken for whole when something in it could not be read", async () => {
    const world = await newWorld();
    writeSomeTree(world.dir);
    const faulty = () => countingSource(withoutTwin(sourceOf(world)), { failsToOpen: "two" }).source;
    expect(await run(world, faulty())).toMatchObject({ isComplete: false, problems: { count: 3 } });
    expect(await run(world, faulty())).toMatchObject({ isComplete: false, problems: { count: 3 } });
    expect(await run(world)).toMatchObject({ isComplete: true, counts: { filesNew: 3, filesUnmodified: 3 } });
  });

  test("is listed once more when something in it changed just before it was looked at", async () => {
    const world = await newWorld();
    writeSomeTree(world.dir);
    const now = { ...context, clock: systemClock };
    const cache = { folder: world.cache, hasIndex: true };
    const runNow = async (source: BackupSource) =>
      backup(await Repository.open(world.storage, { ...credentials, cache }, now), source, options);
    await runNow(withoutTwin(sourceOf(world)));
    const { source, listed } = countingSource(withoutTwin(sourceOf(world)));
    await runNow(source);
    // An empty one has nothing that could have changed.
    expect(listed.filter((name) => name !== "")).toHaveLength(7);
  });

  test("is found by several threads as by one", { timeout: 120_000 }, async () => {
    const world = await newWorld();
    for (let folder = 0; folder < 12; folder += 1) {
      const path = join(world.dir, "top", `folder-${folder}`, "inner");
      mkdirSync(path, { recursive: true });
      for (let file = 0; file < 2100; file += 1) writeFileSync(join(path, `f-${file}`), folder < 2 ? "x" : "");
    }
    await sleep(2100); // threads have the system's clock
    const first = await run(world, sourceOf(world));
    expect((await run(world, sourceOf(world))).treeId).toBe(first.treeId);
    writeFileSync(join(world.dir, "top/folder-3/inner/f-7"), "changed");
    rmSync(join(world.dir, "top/folder-9/inner/f-1"));
    const wanted = await expected(world);
    expect(told(await run(world, sourceOf(world)))).toEqual(told(wanted));
  });
});

test(`whatever changes between backups, each stores what one without memory would (seed ${seed}, ${steps} steps)`, async () => {
  const world = await newWorld();
  writeSomeTree(world.dir);
  const random = seededRandom(seed);
  const below = (limit: number) => Buffer.from(random.bytes(4)).readUInt32LE() % limit;
  for (let step = 0; step < steps; step += 1) {
    const changes = below(4);
    const done: string[] = [];
    for (let change = 0; change < changes; change += 1)
      done.push(changeSomething(world.dir, below, `${step}-${change}`));
    const wanted = await expected(world);
    expect(told(await run(world)), `step ${step}: ${done.join("; ")}`).toEqual(told(wanted));
  }
  const { source, listed } = countingSource(withoutTwin(sourceOf(world)));
  await run(world, source);
  expect(listed).toEqual([""]);
});

/** One random change below the top; says what it did. */
function changeSomething(dir: string, below: (limit: number) => number, name: string): string {
  const all = readdirSync(join(dir, "top"), { recursive: true, encoding: "utf8" }).sort();
  const folders = ["", ...all.filter((path) => lstatSync(join(dir, "top", path)).isDirectory())];
  const files = all.filter((path) => lstatSync(join(dir, "top", path)).isFile());
  const folder = join(dir, "top", folders[below(folders.length)]!);
  const file = files.length === 0 ? undefined : join(dir, "top", files[below(files.length)]!);
  const kind = below(11);
  if (kind < 2 || file === undefined) {
    writeFileSync(join(folder, `new-${name}`), `content of ${name}`);
    return `new file in ${folder}`;
  }
  switch (kind) {
    case 2: {
      // As somebody would who hides it: same size, same time of modification.
      const { atime, mtime, size } = statSync(file);
      writeFileSync(file, Buffer.alloc(size, name));
      utimesSync(file, atime, mtime);
      return `hidden change of ${file}`;
    }
    case 3:
      chmodSync(file, 0o600 + below(8));
      return `permissions of ${file}`;
    case 4:
      rmSync(file);
      return `removed ${file}`;
    case 5:
      mkdirSync(join(folder, `folder-${name}`));
      return `new folder in ${folder}`;
    case 6:
      symlinkSync(`nowhere/${name}`, join(folder, `link-${name}`));
      return `new link in ${folder}`;
    case 7:
      linkSync(file, join(folder, `twin-${name}`));
      return `hard link of ${file}`;
    case 8:
      renameSync(file, join(folder, `moved-${name}`));
      return `moved ${file}`;
    case 9:
      native?.setAttribute(Buffer.from(file), Buffer.from("user.test"), Buffer.from(name));
      return `attribute of ${file}`;
    default:
      chmodSync(folder, 0o700 + below(8));
      return `permissions of ${folder}`;
  }
}

function memoryOf({ cache }: World): string {
  const repository = readdirSync(cache).find((name) => name.length === 64)!;
  const folder = join(cache, repository, "holdfast", "trees");
  const [name] = readdirSync(folder);
  return join(folder, name!);
}

/** What another repository remembers of the same source. */
async function memoryOfAnother({ dir }: World): Promise<Buffer> {
  const other = { ...(await newWorld()), dir };
  await run(other);
  return readFileSync(memoryOf(other));
}

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at]! ^= 4;
  return copy;
}
