import { mkdirSync, mkdtempSync, rmSync, symlinkSync, linkSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MiB, silentLog, systemClock } from "@holdfast/base";
import { backup, checkRepository, Repository, type BackupOptions, type BackupSource } from "@holdfast/engine";
import { memoryStorage, type Storage } from "@holdfast/storage";
import { faultyStorage, seededRandom } from "@holdfast/testkit";
import { filesSource } from "@holdfast/sources";

const seed = "threads 1";
const context = { clock: systemClock, random: seededRandom(seed), log: silentLog };
const credentials = { password: "p", hostname: "h", username: "u", kdf: { N: 1024, r: 8, p: 1 } };
const options: BackupOptions = {
  technology: "incremental",
  hostname: "h",
  username: "u",
  pid: process.pid,
  programVersion: "holdfast 0.0.0",
};

let dir: string;
beforeEach(() => (dir = mkdtempSync(join(tmpdir(), "holdfast-threads-"))));
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Enough of everything that several threads are started, and that each kind of task comes up. */
function writeTree(): void {
  const random = seededRandom(seed);
  const bytes = random.bytes(24 * MiB);
  for (let folder = 0; folder < 60; folder += 1) {
    const path = join(dir, `folder-${folder % 12}`, `inner-${folder}`, "deep");
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < 8; file += 1)
      writeFileSync(join(path, `file-${file}`), bytes.subarray(folder * 9000, folder * 9000 + file * 3000));
  }
  const crowded = join(dir, "crowded");
  mkdirSync(crowded);
  for (let file = 0; file < 25; file += 1)
    writeFileSync(join(crowded, `f-${file}`), bytes.subarray((file % 20) * MiB, (file % 20) * MiB + 600_000 + file));
  writeFileSync(join(dir, "large"), bytes);
  const inserted = Buffer.concat([bytes.subarray(0, 9 * MiB), Buffer.from("!"), bytes.subarray(9 * MiB)]);
  writeFileSync(join(dir, "crowded", "large-too"), inserted);
  writeFileSync(join(dir, "zeros"), Buffer.alloc(17 * MiB));
  mkdirSync(join(dir, "empty"));
  symlinkSync("large", join(dir, "link"));
  linkSync(join(dir, "large"), join(dir, "twin"));
  writeFileSync(Buffer.concat([Buffer.from(`${dir}/`), Buffer.from([0xff, 0x20, 0x22])]), "name");
}

const inThreads = () => filesSource({ targets: ["."], workingDir: dir });
const inOneThread = (): BackupSource => {
  const { twin: _, ...alone } = inThreads();
  return alone;
};

async function run(storage: Storage, source: BackupSource, more: Partial<BackupOptions> = {}, signal?: AbortSignal) {
  const repository = await Repository.open(storage, credentials, context);
  return backup(repository, source, { ...options, ...more }, () => {}, signal);
}

async function newStorage(): Promise<ReturnType<typeof faultyStorage>> {
  const storage = faultyStorage(memoryStorage());
  await Repository.init(storage, credentials, context);
  return storage;
}

async function findings(storage: Storage): Promise<unknown[]> {
  const repository = await Repository.open(storage, credentials, context);
  const { errors } = await checkRepository(repository, { readData: true });
  return [...errors];
}

describe(`a backup in several threads (seed ${seed})`, () => {
  test("stores what one thread stores, and says the same of it", async () => {
    writeTree();
    const [left, right] = [await newStorage(), await newStorage()];
    // The cuts depend on the repository's polynomial, so both work on one repository's beginning.
    const one = await run(left, inOneThread());
    const many = await run(left, inThreads(), { technology: "full" });
    expect(many.treeId).toBe(one.treeId);
    expect(many.counts).toMatchObject({ dataBlobs: 0, treeBlobs: 0, filesNew: one.counts.filesNew });

    const fresh = await run(right, inThreads());
    expect(fresh.problems.count).toBe(0);
    const { dirsNew, filesNew, totalBytesProcessed, totalFilesProcessed, treeBlobs } = one.counts;
    expect(fresh.counts).toMatchObject({ dirsNew, filesNew, totalBytesProcessed, totalFilesProcessed });
    expect(fresh.counts.treeBlobs).toBeGreaterThan(treeBlobs / 2);
    expect(await findings(left)).toEqual([]);
    expect(await findings(right)).toEqual([]);
  });

  test("reads only what changed, and tells new, changed and unchanged apart", async () => {
    writeTree();
    const storage = await newStorage();
    const first = await run(storage, inThreads());
    const again = await run(storage, inThreads());
    expect(again.treeId).toBe(first.treeId);
    expect(again.counts).toMatchObject({
      filesNew: 0,
      filesChanged: 0,
      filesUnmodified: first.counts.filesNew,
      dirsUnmodified: first.counts.dirsNew,
      dataAdded: 0,
    });
    writeFileSync(join(dir, "folder-3", "inner-3", "deep", "file-1"), "changed");
    utimesSync(join(dir, "large"), 1, 1);
    writeFileSync(join(dir, "empty", "new"), "new");
    const third = await run(storage, inThreads());
    expect(third.counts).toMatchObject({ filesNew: 1, filesChanged: 3, dataBlobs: 2 }); // "twin" is "large"
    expect(third.counts.dirsChanged).toBe(4); // folder-3, inner-3, deep, empty
    expect(await findings(storage)).toEqual([]);
  });

  test("ends with the storage's failure, and what it took on is stored by the next one", async () => {
    writeTree();
    const storage = await newStorage();
    storage.add({ operation: "write", type: "pack", how: "fail", times: 1 });
    await expect(run(storage, inThreads())).rejects.toMatchObject({ name: "HoldfastError" });
    expect(await storage.names("snapshot")).toEqual([]);
    const next = await run(storage, inThreads());
    expect(next.isComplete).toBe(true);
    expect(await findings(storage)).toEqual([]);
  });

  test("stops when it is told to, with nothing named", async () => {
    writeTree();
    const storage = await newStorage();
    const stop = new AbortController();
    const ended = run(
      storage,
      inThreads(),
      { onProblem: () => {}, onItem: () => stop.abort(new Error("enough")) },
      stop.signal,
    );
    await expect(ended).rejects.toThrow("enough");
    expect(await storage.names("snapshot")).toEqual([]);
    expect(await storage.names("lock")).toEqual([]);
  });
});
