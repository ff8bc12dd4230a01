import { expect, test } from "vitest";
import { saveBareSnapshots, storedSnapshots } from "../snapshot/snapshot-fixture.ts";
import { tagSnapshots } from "../tag/tag-snapshots.ts";
import { ReadBack } from "./read-back.ts";
import { repositoryFixture } from "./repository-fixture.ts";

test.each(["pretend", "cut-short", "corrupt"] as const)(
  "no snapshot goes for the sake of one that the storage took and did not keep as it was: %s",
  async (how) => {
    const { repository, storage } = await repositoryFixture({ seed: 31 });
    const [snapshot] = await saveBareSnapshots(repository, [{}]);
    storage.add({ operation: "write", type: "snapshot", how });
    const tagging = tagSnapshots(repository, [snapshot!], { set: ["x"] });
    await expect(tagging).rejects.toMatchObject({ code: "ENGINE_FILE_DAMAGED" });
    expect(storage.hits).toBe(1);
    expect(await storedSnapshots(repository)).toEqual([snapshot]);
  },
);

test("one answer that is wrong is no damage", async () => {
  const { repository, storage } = await repositoryFixture({ seed: 32 });
  storage.add({ operation: "read", type: "snapshot", how: "corrupt" });
  expect(await saveBareSnapshots(repository, [{}])).toHaveLength(1);
  expect(storage.hits).toBe(1);
});

test.each([
  ["pack", "pretend", "STORAGE_MISSING"],
  ["pack", "cut-short", "ENGINE_PACK_DAMAGED"],
  ["pack", "corrupt", "ENGINE_PACK_DAMAGED"],
  ["index", "pretend", "ENGINE_FILE_DAMAGED"],
  ["index", "corrupt", "ENGINE_FILE_DAMAGED"],
] as const)("what a session stores is read back: a new %s, %s", async (type, how, code) => {
  const { repository, storage } = await repositoryFixture({ seed: 33 });
  await repository.loadIndex();
  const written = new ReadBack(repository);
  storage.add({ operation: "write", type, how });
  await repository.saveBlob("tree", Buffer.from('{"nodes":[]}\n'));
  await repository.flush();
  await expect(written.prove()).rejects.toMatchObject({ code });
});
