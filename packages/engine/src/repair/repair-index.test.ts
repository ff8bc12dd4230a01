import type { Storage } from "@holdfast/storage";
import { describe, expect, test } from "vitest";
import { checkRepository } from "../check/check.ts";
import type { Id } from "../id.ts";
import {
  changesOf,
  copyOf,
  cutShort,
  flipBit,
  killEverywhere,
  openAt,
  restorable,
  smallRepository,
} from "./damaged-repository-fixture.ts";
import { repairIndex } from "./repair-index.ts";

const repair = async (storage: Storage, readAllPacks = false) => repairIndex(await openAt(storage), { readAllPacks });

async function errorsIn(storage: Storage): Promise<string[]> {
  return (await checkRepository(await openAt(storage), { readData: true })).errors.map(({ code }) => code);
}

async function namesOf(storage: Storage, type: "index" | "pack"): Promise<Id[]> {
  return (await Array.fromAsync(storage.list(type))).map(({ name }) => name as Id);
}

test.each([false, true])(
  "a sound repository is left as it is, whether all packs are read: %s",
  async (readAllPacks) => {
    const storage = await copyOf((await smallRepository()).storage);
    const before = changesOf(storage);
    expect(await repair(storage, readAllPacks)).toMatchObject({
      added: [],
      dropped: [],
      damaged: [],
      indexesWritten: 0,
    });
    expect(changesOf(storage)).toBe(before);
  },
);

/** Each with the ways it is damaged in, and what a check still finds when the index is repaired. */
const damages: Record<string, { damage: (storage: Storage) => Promise<unknown>; left: readonly string[] }> = {
  "an index file is gone": {
    damage: async (storage) => storage.remove({ type: "index", name: (await namesOf(storage, "index"))[1]! }),
    left: [],
  },
  "all index files are gone": {
    damage: async (storage) => {
      for (const name of await namesOf(storage, "index")) await storage.remove({ type: "index", name });
    },
    left: [],
  },
  "an index file has a flipped bit": {
    damage: async (storage) => flipBit(storage, "index", (await namesOf(storage, "index"))[0]!),
    left: [],
  },
  "an index file breaks off in the middle of what it says": {
    damage: async (storage) => {
      const repository = await openAt(storage);
      const name = (await namesOf(storage, "index"))[2]!;
      const json = Buffer.from(await repository.loadUnpacked("index", name));
      const broken = json.subarray(0, json.lastIndexOf('{"id"'));
      await repository.saveUnpacked("index", broken);
      await storage.remove({ type: "index", name });
    },
    left: [],
  },
  "a pack is named by two index files": {
    damage: async (storage) => {
      const repository = await openAt(storage);
      const json = await repository.loadUnpacked("index", (await namesOf(storage, "index"))[0]!);
      await repository.saveUnpacked("index", json);
    },
    left: [],
  },
  "a pack is gone": {
    damage: async (storage) => storage.remove({ type: "pack", name: (await namesOf(storage, "pack"))[0]! }),
    left: ["ENGINE_BLOB_MISSING"],
  },
};

describe.each(Object.entries(damages))("when %s", (_, { damage, left }) => {
  test("the index is right afterwards, and a second repair does nothing", async () => {
    const storage = await copyOf((await smallRepository()).storage);
    const sound = await restorable(storage);
    await damage(storage);
    await repair(storage);
    expect([...new Set(await errorsIn(storage))]).toEqual(left);
    if (left.length === 0) expect(await restorable(storage)).toEqual(sound);
    const before = changesOf(storage);
    await repair(storage);
    expect(changesOf(storage)).toBe(before);
  });

  test("a repair that is killed anywhere loses nothing", async () => {
    const storage = await copyOf((await smallRepository()).storage);
    await damage(storage);
    expect(await killEverywhere(storage, repair)).toBeGreaterThan(1);
    await killEverywhere(storage, (each) => repair(each, true));
  });
});

test("an index that describes a pack wrongly is corrected from the pack", async () => {
  const storage = await copyOf((await smallRepository()).storage);
  const repository = await openAt(storage);
  const [name] = await namesOf(storage, "index");
  const text = Buffer.from(await repository.loadUnpacked("index", name!)).toString();
  const wrong = text.replace(/"length":(\d+)/, (_, length) => `"length":${Number(length) + 7}`);
  await repository.saveUnpacked("index", Buffer.from(wrong));
  await storage.remove({ type: "index", name: name! });
  expect(await repair(storage)).toMatchObject({ corrected: [expect.any(String)], damaged: [] });
  expect(await errorsIn(storage)).toEqual([]);
});

test("a pack whose header is unreadable keeps what the index says of it", async () => {
  const { storage: whole, snapshots } = await smallRepository();
  const storage = await copyOf(whole);
  const sound = await restorable(storage);
  for (const pack of await namesOf(storage, "pack")) await cutShort(storage, pack, 3);
  const result = await repair(storage);
  expect(result.damaged.every(({ isIndexed }) => isIndexed)).toBe(true);
  expect(result).toMatchObject({ dropped: [], indexesWritten: 0, indexesRemoved: 0 });
  expect(result.damaged).toHaveLength((await namesOf(storage, "pack")).length);
  expect([...(await restorable(storage)).keys()].sort()).toEqual([...snapshots].sort());
  expect(await restorable(storage)).toEqual(sound);
});

test("a pack so short that nothing is in it is forgotten like one that is gone", async () => {
  const storage = await copyOf((await smallRepository()).storage);
  const [pack] = await namesOf(storage, "pack");
  await cutShort(storage, pack!, (await storage.stat({ type: "pack", name: pack! })).sizeBytes - 20);
  expect(await repair(storage)).toMatchObject({ dropped: [pack], damaged: [] });
  expect(await namesOf(storage, "pack")).toContain(pack);
  const before = changesOf(storage);
  expect(await repair(storage)).toMatchObject({ damaged: [{ id: pack, isIndexed: false }] });
  expect(changesOf(storage)).toBe(before);
});

test("an unreadable index stays while a pack that it may have named cannot say what it holds", async () => {
  const storage = await copyOf((await smallRepository()).storage);
  const [index] = await namesOf(storage, "index");
  const json = Buffer.from(await (await openAt(storage)).loadUnpacked("index", index!)).toString();
  await flipBit(storage, "index", index!);
  await cutShort(storage, JSON.parse(json).packs[0].id);
  const result = await repair(storage);
  expect(result.unreadable).toEqual([index]);
  expect(result.damaged).toMatchObject([{ isIndexed: false }]);
  expect(await namesOf(storage, "index")).toContain(index);
  const before = changesOf(storage);
  await repair(storage);
  expect(changesOf(storage)).toBe(before);
});

test("no old index file goes when a new one does not read back, and the next repair needs no help", async () => {
  const storage = await copyOf((await smallRepository()).storage);
  const sound = await restorable(storage);
  await damages["a pack is named by two index files"]!.damage(storage);
  const before = await storage.names("index");
  storage.add({ operation: "write", type: "index", how: "corrupt" });
  await expect(repair(storage)).rejects.toThrow(expect.objectContaining({ code: "ENGINE_FILE_DAMAGED" }));
  expect(await storage.names("index")).toEqual(expect.arrayContaining(before));
  await repair(storage);
  expect(await restorable(storage)).toEqual(sound);
  expect(await errorsIn(storage)).toEqual([]);
});

test("a pack that a listing leaves out is not forgotten", async () => {
  const storage = await copyOf((await smallRepository()).storage);
  storage.add({ operation: "list", type: "pack", how: "cut-short" });
  expect(await repair(storage)).toMatchObject({ dropped: [], indexesWritten: 0 });
  expect(storage.hits).toBe(1);
});

test("a storage that cannot be reached is no damage", async () => {
  const storage = await copyOf((await smallRepository()).storage);
  for (const name of await namesOf(storage, "index")) await storage.remove({ type: "index", name });
  storage.add({ operation: "read", type: "pack", nth: 2, how: "fail" });
  await expect(repair(storage)).rejects.toThrow(expect.objectContaining({ code: "STORAGE_UNREACHABLE" }));
  expect(await namesOf(storage, "index")).toEqual([]);
});
