import type { Storage } from "@holdfast/storage";
import { expect, test } from "vitest";
import { checkRepository } from "../check/check.ts";
import { shortId } from "../id.ts";
import { loadSnapshot } from "../snapshot/snapshot-store.ts";
import { treeNodes } from "../tree/tree-reader.ts";
import {
  changesOf,
  copyOf,
  flipBit,
  killEverywhere,
  openAt,
  packOf,
  restorable,
  smallRepository,
} from "./damaged-repository-fixture.ts";
import { recover } from "./recover.ts";

const who = { hostname: "h", username: "u", programVersion: "holdfast test" };
const recoverAt = async (storage: Storage) => recover(await openAt(storage), who);

test("what every snapshot holds needs no recovering", async () => {
  const storage = await copyOf((await smallRepository()).storage);
  expect(await recoverAt(storage)).toEqual({ roots: [], snapshotId: undefined });
  expect(changesOf(storage)).toBe(0);
});

test("snapshots that were forgotten come back, each under its id, and a second time there is nothing to do", async () => {
  const { storage: whole, snapshots } = await smallRepository();
  const storage = await copyOf(whole);
  const repository = await openAt(storage);
  const trees = await Promise.all(snapshots.map(async (id) => (await loadSnapshot(repository, id)).tree));
  for (const id of snapshots.slice(0, 2)) await storage.remove({ type: "snapshot", name: id });
  const { roots, snapshotId } = await recoverAt(storage);
  expect([...roots].sort()).toEqual(trees.slice(0, 2).sort());
  await repository.loadIndex();
  const snapshot = await loadSnapshot(repository, snapshotId!);
  expect(snapshot).toMatchObject({ paths: ["/recover"], tags: ["recovered"], hostname: "h" });
  const nodes = [...treeNodes(await repository.loadBlob("tree", snapshot.tree), () => expect.unreachable())];
  expect(nodes.map(({ name, subtree }) => [`${name}`, subtree])).toEqual(
    trees
      .slice(0, 2)
      .sort()
      .map((tree) => [shortId(tree), tree]),
  );
  expect((await checkRepository(await openAt(storage), { readData: true })).errors).toEqual([]);
  const before = changesOf(storage);
  expect(await recoverAt(storage)).toMatchObject({ snapshotId: undefined });
  expect(changesOf(storage)).toBe(before);
});

test("a listing that cannot be read is named and the others are recovered", async () => {
  const { storage: whole, snapshots } = await smallRepository();
  const storage = await copyOf(whole);
  const { tree } = await loadSnapshot(await openAt(storage), snapshots[0]!);
  await flipBit(storage, "pack", await packOf(storage, "tree", tree));
  for (const id of snapshots) await storage.remove({ type: "snapshot", name: id });
  const damaged: string[] = [];
  const { roots } = await recover(await openAt(storage), { ...who, onDamaged: (id) => damaged.push(id) });
  expect(damaged).toEqual([tree]);
  expect(roots).toHaveLength(3); // two tops, and the directory that the unreadable one had led to
  expect(await restorable(storage)).toHaveProperty("size", 1);
});

test("a recovery that is killed anywhere can be run again", async () => {
  const { storage: whole, snapshots } = await smallRepository();
  const storage = await copyOf(whole);
  await storage.remove({ type: "snapshot", name: snapshots[2]! });
  expect(await killEverywhere(storage, recoverAt)).toBeGreaterThan(2);
});
