import { seededRandom } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { repositoryFixture } from "../repository/repository-fixture.ts";
import { TreeWindows } from "./tree-windows.ts";

const windowBytes = 16 * 1024;

/** Two hundred listings in one pack, some of them in two windows and one longer than a window. */
async function manyTrees() {
  const fixture = await repositoryFixture({ seed: 91 });
  const random = seededRandom("trees");
  const saved = new Map<number, Uint8Array>();
  for (let at = 0; at < 200; at += 1) {
    const plain = random.bytes(at === 100 ? 3 * windowBytes : 50 + ((at * 97) % 2000)); // random, so of that size in the pack
    await fixture.repository.saveBlob("tree", plain);
    saved.set(at, plain);
  }
  await fixture.repository.flush();
  const repository = await fixture.reopen();
  const index = repository.wholeIndex;
  const windows = new TreeWindows(repository, { windowBytes, windowsMax: 4 }, undefined);
  return { ...fixture, repository, index, windows, saved };
}

test("every listing is read as it lies in its pack, with a request for each window and not for each listing", async () => {
  const { repository, index, windows, saved, storage } = await manyTrees();
  const before = storage.calls.length;
  const plains: string[] = [];
  for (let tree = 0; tree < index.blobCount("tree"); tree += 1) {
    const { place, stored } = (await windows.read(tree))!;
    const exact = { ...place, packId: index.packId(place.pack) };
    plains.push(Buffer.from(repository.decodeBlob("tree", index.blobId("tree", tree), exact, stored)).toString("hex"));
  }
  const expected = [...saved.values()].map((plain) => Buffer.from(plain).toString("hex"));
  expect(plains.toSorted()).toEqual(expected.toSorted());
  expect(storage.calls.length - before).toBeLessThan(60);
});

test("what is gone or cut short is not there, and no reason to stop", async () => {
  const { index, windows, storage } = await manyTrees();
  const file = { type: "pack", name: index.packId(0) } as const;
  const pack = await storage.read(file);
  await storage.remove(file);
  expect(await windows.read(0)).toBe(undefined);
  await storage.write(file, pack.subarray(0, 5 * windowBytes));
  const lastWindow = await windows.read(index.blobCount("tree") - 1);
  expect(lastWindow).toBe(undefined);
});

test("a storage that did not answer is asked again by whoever comes next", async () => {
  const { windows, storage } = await manyTrees();
  storage.add({ operation: "read", type: "pack", how: "fail" });
  const both = [windows.read(0), windows.read(0)];
  for (const reading of both) await expect(reading).rejects.toMatchObject({ code: "STORAGE_UNREACHABLE" });
  expect(await windows.read(0)).toBeDefined();
});
