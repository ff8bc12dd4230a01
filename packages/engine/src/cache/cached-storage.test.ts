import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog } from "@holdfast/base";
import { memoryStorage, metered, newStorageCounters } from "@holdfast/storage";
import { manualClock, seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { idOf, type Id } from "../id.ts";
import { Repository } from "../repository/repository.ts";
import { repositoryFixture, testPassword } from "../repository/repository-fixture.ts";
import { CacheFolder } from "./cache-folder.ts";
import { cachedStorage } from "./cached-storage.ts";

const random = seededRandom("cached storage");
const context = { clock: manualClock(), random, log: silentLog };

async function fixture() {
  const base = await temporaryDirectory();
  const inner = memoryStorage();
  const counters = newStorageCounters();
  const repository = "ab".repeat(32) as Id;
  const cache = (await CacheFolder.open(base, repository, context))!;
  const path = (folder: string, name: string) => join(base, repository, folder, name.slice(0, 2), name);
  return {
    inner,
    counters,
    storage: cachedStorage(metered(inner, counters), cache),
    path,
    folder: join(base, repository),
  };
}

const file = (type: "snapshot" | "index" | "pack" | "key", bytes: Uint8Array) => ({ type, name: idOf(bytes) });

test("snapshots, index files and packs of trees are read from the storage once, everything else each time", async () => {
  const { inner, storage, counters, path } = await fixture();
  for (const [type, folder, cache, reads] of [
    ["snapshot", "snapshots", undefined, 1],
    ["index", "index", undefined, 1],
    ["pack", "data", "keep", 1],
    ["pack", "data", undefined, 2],
    ["key", "keys", undefined, 2],
  ] as const) {
    const bytes = random.bytes(500);
    const handle = { ...file(type, bytes), ...(cache !== undefined && { cache }) };
    await inner.write(handle, bytes);
    counters.reads = 0;
    for (let look = 0; look < 2; look += 1) {
      expect(Buffer.from(await storage.read(handle)).equals(bytes)).toBe(true);
      const range = await storage.read(handle, { offset: 100, length: 50 });
      expect(Buffer.from(range).equals(bytes.subarray(100, 150))).toBe(true);
    }
    expect(counters.reads).toBe(reads === 1 ? 1 : 4);
    const isKept = readFile(path(folder, handle.name)).then(
      () => true,
      () => false,
    );
    expect(await isKept).toBe(reads === 1);
  }
});

test("many ranges of one pack fetch it once", async () => {
  const { inner, storage, counters } = await fixture();
  const bytes = random.bytes(10_000);
  const handle = { ...file("pack", bytes), cache: "keep" } as const;
  await inner.write(handle, bytes);
  const reads = Array.from({ length: 20 }, (_, at) => storage.read(handle, { offset: at * 500, length: 500 }));
  expect(Buffer.concat(await Promise.all(reads)).equals(bytes)).toBe(true);
  expect(counters.reads).toBe(1);
  await expect(storage.read(handle, { offset: 9900, length: 200 })).rejects.toThrow(
    expect.objectContaining({ code: "STORAGE_SHORT_READ" }),
  );
});

test("what is written is kept, what is removed or no longer listed is not", async () => {
  const { inner, storage, counters, path } = await fixture();
  const [one, two] = [random.bytes(100), random.bytes(100)];
  await storage.write(file("snapshot", one), one);
  await storage.write(file("snapshot", two), two);
  await storage.read(file("snapshot", one));
  expect(counters.reads).toBe(0);
  await storage.remove(file("snapshot", one));
  await expect(readFile(path("snapshots", idOf(one)))).rejects.toThrow();
  await inner.remove(file("snapshot", two)); // by somebody else
  expect(await Array.fromAsync(storage.list("snapshot"))).toEqual([]);
  await expect(readFile(path("snapshots", idOf(two)))).rejects.toThrow();
});

test("a cached file that is damaged or cut is dropped and fetched again", async () => {
  const { repository, storage } = await repositoryFixture({ seed: "damaged cache" });
  const folder = await temporaryDirectory();
  const blob = random.bytes(3000);
  const { id } = await repository.saveBlob("tree", blob);
  await repository.flush();
  const open = () => Repository.open(storage, { password: testPassword, cache: { folder, hasIndex: false } }, context);
  const use = async () => {
    const session = await open();
    await session.loadIndex();
    expect(Buffer.from(await session.loadBlob("tree", id)).equals(blob)).toBe(true);
  };
  await use();
  const cached = (await readdir(join(folder, repository.id), { recursive: true, withFileTypes: true })).filter(
    (entry) => entry.isFile() && entry.name.length === 64,
  );
  expect(cached).toHaveLength(2); // an index file and a pack
  for (const entry of cached) {
    const path = join(entry.parentPath, entry.name);
    const good = await readFile(path);
    for (const bad of [good.map((byte) => byte ^ 1), good.subarray(0, 40), Buffer.alloc(0)]) {
      await writeFile(path, bad);
      await use();
      expect((await readFile(path)).equals(good)).toBe(true);
    }
  }
});

test("a cache that cannot be made is done without", async () => {
  const { repository, storage } = await repositoryFixture({ seed: "no cache" });
  const folder = join(await temporaryDirectory(), "file");
  await writeFile(folder, "not a folder");
  const options = { password: testPassword, cache: { folder, hasIndex: true } };
  const session = await Repository.open(storage, options, context);
  await session.loadIndex();
  expect(session.id).toBe(repository.id);
});
