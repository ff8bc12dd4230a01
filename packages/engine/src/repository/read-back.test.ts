import type { FileType } from "@holdfast/storage";
import { describe, expect, test } from "vitest";
import { emptySnapshot } from "../snapshot/snapshot.ts";
import { saveSnapshot } from "../snapshot/snapshot-store.ts";
import { saveBareSnapshots, storedSnapshots } from "../snapshot/snapshot-fixture.ts";
import { tagSnapshots } from "../tag/tag-snapshots.ts";
import { ReadBack } from "./read-back.ts";
import { passTimeUntil, repositoryFixture, testOwner, type RepositoryFixture } from "./repository-fixture.ts";

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

test("a storage that keeps nothing and then cannot be asked for the lock is told of what it did not keep", async () => {
  const { repository, storage, clock } = await repositoryFixture({ seed: 35 });
  await repository.loadIndex();
  const lock = await passTimeUntil(clock, repository.lock("shared", { ...testOwner, pid: 1 }));
  const written = new ReadBack(repository);
  storage.add({ operation: "write", type: "index", how: "pretend" });
  await repository.saveBlob("tree", Buffer.from('{"nodes":[]}\n'));
  await repository.flush();
  storage.add({ operation: "stat", type: "lock", how: "fail" });
  await expect(passTimeUntil(clock, written.prove())).rejects.toMatchObject({ code: "ENGINE_FILE_DAMAGED" });
  expect(storage.hits).toBe(2);
  await lock.release();
});

describe("where somebody removed the lock and what was written, the loss of the lock is told", () => {
  const owner = { ...testOwner, pid: 1 };

  /** Does `work` under a lock that goes, with every file of a type, before `read` of that type. */
  async function robbed(
    type: FileType,
    read: "read" | "stream",
    work: (fixture: RepositoryFixture) => Promise<unknown>,
  ) {
    const fixture = await repositoryFixture({ seed: 34 });
    const { repository, storage, clock } = fixture;
    await repository.loadIndex();
    const lock = await passTimeUntil(clock, repository.lock("shared", owner));
    const atRead = storage.pauseBefore(read, type);
    const working = work(fixture);
    await atRead.reached;
    for (const gone of ["lock", type] as const)
      for (const name of await storage.names(gone)) await storage.remove({ type: gone, name });
    atRead.resume();
    await expect(passTimeUntil(clock, working)).rejects.toMatchObject({ code: "ENGINE_LOCK_LOST" });
    await lock.release();
    expect(await storage.names("snapshot")).toEqual([]);
  }

  test("for a new snapshot", async () => {
    await robbed("snapshot", "read", async ({ repository }) => {
      const { id: tree } = await repository.saveBlob("tree", Buffer.from('{"nodes":[]}\n'));
      await repository.flush();
      await saveSnapshot(repository, { ...emptySnapshot, tree, time: { ns: 1n, offsetS: 0 }, otherKeys: [] });
    });
  });

  test.each([
    ["index", "read"],
    ["pack", "stream"],
  ] as const)("for a new %s", async (type, read) => {
    await robbed(type, read, async ({ repository }) => {
      const written = new ReadBack(repository);
      await repository.saveBlob("tree", Buffer.from('{"nodes":[]}\n'));
      await repository.flush();
      await written.prove();
    });
  });
});
