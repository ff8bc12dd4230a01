import { HoldfastError } from "@holdfast/base";
import { storageErrors, type Storage } from "@holdfast/storage";
import { expect, test } from "vitest";
import { checkRepository } from "../check/check.ts";
import type { PackId } from "../id.ts";
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
import { repairPacks } from "./repair-packs.ts";

async function repair(storage: Storage, packIds: readonly PackId[], kept: string[] = []) {
  const keepCopy = async (id: PackId, pieces: AsyncIterable<Uint8Array>) => {
    const bytes = Buffer.concat(await Array.fromAsync(pieces));
    kept.push(`${id} ${bytes.length}`);
  };
  return repairPacks(await openAt(storage), { packIds, keepCopy });
}

/** One pack with all data chunks and one with all listings. */
async function fullPacks(): Promise<{ storage: Storage; data: PackId; tree: PackId }> {
  const { storage } = await smallRepository();
  const whole = await copyOf(storage);
  const repository = await openAt(whole);
  await repository.loadIndex();
  const packs = [...repository.packs()];
  for (const type of ["data", "tree"] as const) {
    for (const { blobs } of packs.filter((pack) => pack.blobs[0]!.type === type)) {
      for (const { id } of blobs) await repository.saveAnew(type, id, await repository.loadBlob(type, id));
    }
  }
  await repository.flush();
  const old = new Set(packs.map(({ id }) => id));
  for (const id of old) await whole.remove({ type: "pack", name: id });
  await repairIndex(await openAt(whole));
  const after = await openAt(whole);
  await after.loadIndex();
  const of = (type: string) => [...after.packs()].find(({ blobs }) => blobs[0]!.type === type)!.id;
  return { storage: whole, data: of("data"), tree: of("tree") };
}

async function sizeOf(storage: Storage, name: string): Promise<number> {
  return (await storage.stat({ type: "pack", name })).sizeBytes;
}

test("a pack that is sound is left alone, and so is one that nobody knows", async () => {
  const { storage, data } = await fullPacks();
  const copy = await copyOf(storage);
  const nobodys = "ab".repeat(32) as PackId;
  expect(await repair(copy, [data, nobodys])).toMatchObject({ intact: [data], unknown: [nobodys], removed: [] });
  expect(changesOf(copy)).toBe(0);
});

test("everything readable comes out of a pack with one broken chunk, and the copy is put aside first", async () => {
  const { storage, data } = await fullPacks();
  const copy = await copyOf(storage);
  await flipBit(copy, "pack", data, 100);
  const sizeBytes = await sizeOf(copy, data);
  const kept: string[] = [];
  const result = await repair(copy, [data], kept);
  expect(kept).toEqual([`${data} ${sizeBytes}`]);
  expect(result).toMatchObject({ removed: [data], salvagedBlobs: 5, lost: [{ type: "data", packId: data }] });
  expect(await copy.names("pack")).not.toContain(data);
  const { errors } = await checkRepository(await openAt(copy), { readData: true });
  expect(new Set(errors.map(({ code }) => code))).toEqual(new Set(["ENGINE_BLOB_MISSING"]));
  const before = changesOf(copy);
  expect(await repair(copy, [data])).toMatchObject({ unknown: [data], removed: [] });
  expect(changesOf(copy)).toBe(before);
});

test("a pack whose header is gone gives everything by what the index says", async () => {
  const { storage, data, tree } = await fullPacks();
  const sound = await restorable(storage);
  const copy = await copyOf(storage);
  await cutShort(copy, data, 10);
  await cutShort(copy, tree, 10);
  expect(await repair(copy, [data, tree])).toMatchObject({ lost: [], removed: [data, tree], salvagedBlobs: 12 });
  expect(await restorable(copy)).toEqual(sound);
  expect((await checkRepository(await openAt(copy), { readData: true })).errors).toEqual([]);
});

test("a blob that another pack has is not stored again", async () => {
  const { storage, data } = await fullPacks();
  const copy = await copyOf(storage);
  const repository = await openAt(copy);
  await repository.loadIndex();
  const [pack] = [...repository.packs()].filter(({ id }) => id === data);
  for (const { id } of pack!.blobs) await repository.saveAnew("data", id, await repository.loadBlob("data", id));
  await repository.flush();
  await flipBit(copy, "pack", data, 100);
  expect(await repair(copy, [data])).toMatchObject({ salvagedBlobs: 0, lost: [], removed: [data] });
  expect((await checkRepository(await openAt(copy), { readData: true })).errors).toEqual([]);
});

test("a pack that is gone is forgotten by the index", async () => {
  const { storage, data } = await fullPacks();
  const copy = await copyOf(storage);
  await copy.remove({ type: "pack", name: data });
  expect(await repair(copy, [data])).toMatchObject({ removed: [data], salvagedBlobs: 0 });
  const repository = await openAt(copy);
  await repository.loadIndex();
  expect(repository.hasPack(data)).toBe(false);
});

test("a pack stays while an index file that names it cannot be removed", async () => {
  const { storage, data } = await fullPacks();
  const copy = await copyOf(storage);
  await flipBit(copy, "pack", data, -1);
  const error = new HoldfastError(storageErrors.denied, "nothing may be removed");
  copy.add({ operation: "remove", type: "index", times: Infinity, how: "fail", error });
  expect(await repair(copy, [data])).toMatchObject({ removed: [data], refused: [data], lost: [] });
  expect(await copy.names("pack")).toContain(data);
  const again = await copyOf(copy);
  expect(await repair(again, [data])).toMatchObject({ removed: [data], refused: [], salvagedBlobs: 0 });
  expect((await checkRepository(await openAt(again), { readData: true })).errors).toEqual([]);
});

test("nothing is changed when the copy cannot be kept", async () => {
  const { storage, data } = await fullPacks();
  const copy = await copyOf(storage);
  await flipBit(copy, "pack", data, 100);
  const before = changesOf(copy);
  const keepCopy = async () => {
    throw new Error("the disk is full");
  };
  await expect(repairPacks(await openAt(copy), { packIds: [data], keepCopy })).rejects.toThrow("the disk is full");
  expect(changesOf(copy)).toBe(before);
});

test.each(["data", "tree"] as const)("a repair of %s that is killed anywhere loses nothing", async (type) => {
  const packs = await fullPacks();
  const storage = await copyOf(packs.storage);
  await flipBit(storage, "pack", packs[type], -1); // the length of the header: every blob is still to be had
  expect(await killEverywhere(storage, (each) => repair(each, [packs[type]]))).toBeGreaterThan(3);
});
