import type { Storage } from "@holdfast/storage";
import { describe, expect, test } from "vitest";
import { checkRepository } from "../check/check.ts";
import type { Id, SnapshotId } from "../id.ts";
import { emptySnapshot } from "../snapshot/snapshot.ts";
import { listSnapshots, loadSnapshot, saveSnapshot } from "../snapshot/snapshot-store.ts";
import { bareNode } from "../tree/node.ts";
import { treeNodes } from "../tree/tree-reader.ts";
import { serialiseTree } from "../tree/tree-writer.ts";
import {
  changesOf,
  copyOf,
  killEverywhere,
  openAt,
  packOf,
  restorable,
  smallRepository,
} from "./damaged-repository-fixture.ts";
import { repairIndex } from "./repair-index.ts";
import { repairSnapshots, type Mending } from "./repair-snapshots.ts";

async function repair(storage: Storage, options: { forget?: boolean; isDryRun?: boolean } = {}) {
  const repository = await openAt(storage, { isDryRun: options.isDryRun ?? false });
  const all = await listSnapshots(repository, () => {});
  await repository.loadIndex();
  const mendings: Mending[] = [];
  const onMending = (_: unknown, mending: Mending) => mendings.push(mending);
  const outcomes = await Array.fromAsync(repairSnapshots(repository, all, all, { ...options, onMending }));
  return { mendings, kinds: outcomes.map(({ replacement }) => replacement.kind), outcomes };
}

/** The listing of `/dir` and of the top, and the first chunk of `/dir/f0`. */
async function idsIn(storage: Storage, snapshot: SnapshotId) {
  const repository = await openAt(storage);
  await repository.loadIndex();
  const { tree: top } = await loadSnapshot(repository, snapshot);
  const nodesOf = async (tree: Id) => [...treeNodes(await repository.loadBlob("tree", tree), () => {})];
  const directory = (await nodesOf(top))[0]!.subtree!;
  const [file] = await nodesOf(directory);
  return { top, directory, chunk: file!.content![0]!, nodes: await nodesOf(directory) };
}

async function lose(storage: Storage, type: "data" | "tree", id: Id): Promise<void> {
  await storage.remove({ type: "pack", name: await packOf(storage, type, id) });
  await repairIndex(await openAt(storage));
}

async function errorsIn(storage: Storage): Promise<string[]> {
  return (await checkRepository(await openAt(storage), { readData: true })).errors.map(({ code }) => code);
}

describe.each([true, false])("with the old ones removed: %s", (forget) => {
  test("sound snapshots are left alone", async () => {
    const storage = await copyOf((await smallRepository()).storage);
    expect(await repair(storage, { forget })).toMatchObject({ mendings: [], kinds: Array(3).fill("unchanged") });
    expect(changesOf(storage)).toBe(0);
  });

  test("a file loses the chunks that are gone and keeps the others", async () => {
    const { storage: whole, snapshots } = await smallRepository();
    const storage = await copyOf(whole);
    const { chunk, nodes } = await idsIn(storage, snapshots[0]!);
    await lose(storage, "data", chunk);
    const { mendings, outcomes } = await repair(storage, { forget });
    expect(mendings).toEqual(snapshots.map(() => ({ path: "/dir/f0", what: "content-missing" })));
    const replacement = outcomes[0]!.replacement;
    const id = replacement.kind === "replaced" ? replacement.id : expect.unreachable();
    const mended = (await idsIn(storage, id)).nodes[0]!;
    expect(mended).toEqual({ ...nodes[0], content: nodes[0]!.content!.slice(1), size: 700n });
    const repaired = await loadSnapshot(await openAt(storage), id);
    const tags = forget ? [] : ["repaired"];
    expect(repaired).toMatchObject({ original: snapshots[0], tags, otherKeys: [["label", '"kept"']] });
    expect((await storage.names("snapshot")).length).toBe(forget ? 3 : 6);
    expect((await errorsIn(storage)).length > 0).toBe(!forget);
    const before = changesOf(storage);
    await repair(storage, { forget });
    expect(changesOf(storage)).toBe(before);
  });

  test("a directory whose listing is gone is empty, the rest of its snapshot stays", async () => {
    const { storage: whole, snapshots } = await smallRepository();
    const storage = await copyOf(whole);
    await lose(storage, "tree", (await idsIn(storage, snapshots[1]!)).directory);
    const { mendings, kinds } = await repair(storage, { forget });
    expect(kinds).toEqual(["unchanged", "replaced", "unchanged"]);
    expect(mendings).toEqual([{ path: "/dir", what: "listing-unreadable" }]);
    if (forget) expect(await errorsIn(storage)).toEqual([]);
  });

  test("a snapshot of which nothing can be read only goes when the old ones are to go", async () => {
    const { storage: whole, snapshots } = await smallRepository();
    const storage = await copyOf(whole);
    await lose(storage, "tree", (await idsIn(storage, snapshots[1]!)).top);
    expect((await repair(storage, { forget })).outcomes[1]!.replacement).toEqual({
      kind: "empty",
      isOldRemoved: forget,
    });
    expect((await storage.names("snapshot")).includes(snapshots[1]!)).toBe(!forget);
  });

  test("a repair that is killed anywhere loses no snapshot that was whole, nor a damaged one before its repaired", async () => {
    const { storage: whole, snapshots } = await smallRepository();
    const storage = await copyOf(whole);
    await lose(storage, "data", (await idsIn(storage, snapshots[2]!)).nodes[2]!.content![0]!);
    await lose(storage, "tree", (await idsIn(storage, snapshots[1]!)).directory);
    expect(await killEverywhere(storage, (each) => repair(each, { forget }))).toBeGreaterThan(3);
    const originals = async (each: Storage) =>
      (await listSnapshots(await openAt(each), () => {})).map(({ id, original }) => original ?? id);
    for (let moment = 1; moment <= 8; moment += 1) {
      const killed = await copyOf(storage);
      killed.add({ operation: ["write", "remove"], nth: moment, times: Infinity, how: "fail" });
      await repair(killed, { forget }).catch(() => {});
      expect([...new Set(await originals(killed))].sort()).toEqual([...snapshots].sort());
    }
  });
});

test("a listing that is lost, and that the repair writes again for another snapshot, is not missing any more", async () => {
  const storage = await copyOf((await smallRepository()).storage);
  const repository = await openAt(storage);
  const sound = { ...bareNode(Buffer.from("a"), "file"), content: [] };
  const odd = bareNode(Buffer.from("odd"), "irregular");
  const snapshots: SnapshotId[] = [];
  for (const [at, nodes] of [[sound, odd], [sound]].entries()) {
    const { id: tree } = await repository.saveBlob("tree", serialiseTree(nodes));
    await repository.flush();
    const time = { ns: BigInt(at), offsetS: 0 };
    snapshots.push(await saveSnapshot(repository, { ...emptySnapshot, tree, time, otherKeys: [] }));
  }
  await lose(storage, "tree", (await loadSnapshot(await openAt(storage), snapshots[1]!)).tree);
  const { mendings, kinds } = await repair(storage, { forget: true });
  expect(mendings).toEqual([{ path: "/odd", what: "entry-refused" }]);
  expect(kinds).toEqual(["replaced", "unchanged", "unchanged", "unchanged", "unchanged"]);
  expect(await errorsIn(storage)).toEqual([]);
});

test("a dry run says the same and stores nothing", async () => {
  const { storage: whole, snapshots } = await smallRepository();
  const storage = await copyOf(whole);
  await lose(storage, "data", (await idsIn(storage, snapshots[0]!)).chunk);
  const before = changesOf(storage);
  const dry = await repair(storage, { forget: true, isDryRun: true });
  expect(changesOf(storage)).toBe(before);
  expect(dry.mendings).toEqual((await repair(storage, { forget: true })).mendings);
});

test("entries that no listing may have, or in no order, are put right", async () => {
  const storage = await copyOf((await smallRepository()).storage);
  const repository = await openAt(storage);
  const sound = (name: string) => `{"name":"${name}","type":"file","content":[]}`;
  const entries = [
    sound("b"),
    sound("a"),
    sound(".."),
    '{"name":"hollow","type":"file","content":null}',
    '{"name":"listless","type":"dir"}',
    '{"name":"odd","type":"irregular"}',
  ];
  const { id: tree } = await repository.saveBlob("tree", Buffer.from(`{"nodes":[${entries.join(",")}]}\n`));
  await repository.flush();
  await saveSnapshot(repository, { ...emptySnapshot, tree, time: { ns: 9n, offsetS: 0 }, otherKeys: [] });
  const { mendings, outcomes } = await repair(storage, { forget: true });
  expect(mendings).toEqual([
    { path: "/..", what: "entry-refused" },
    { path: "/hollow", what: "content-missing" },
    { path: "/listless", what: "listing-unreadable" },
    { path: "/odd", what: "entry-refused" },
  ]);
  const changed = outcomes.map(({ replacement }) => replacement).find(({ kind }) => kind === "replaced");
  const again = await openAt(storage);
  await again.loadIndex();
  const { tree: mended } = await loadSnapshot(again, changed?.kind === "replaced" ? changed.id : expect.unreachable());
  const names = [...treeNodes(await again.loadBlob("tree", mended), () => expect.unreachable())].map(
    ({ name }) => `${name}`,
  );
  expect(names).toEqual(["a", "b", "hollow", "listless"]);
});

test("nothing is mended that is stored after all and only not indexed", async () => {
  const { storage: whole, snapshots } = await smallRepository();
  const storage = await copyOf(whole);
  const sound = await restorable(storage);
  for (const name of (await storage.names("index")).slice(1)) await storage.remove({ type: "index", name });
  const before = await storage.names("snapshot");
  await expect(repair(storage, { forget: true })).rejects.toThrow(
    expect.objectContaining({ code: "ENGINE_INDEX_INCOMPLETE" }),
  );
  expect(await storage.names("snapshot")).toEqual(before);
  expect(before).toHaveLength(snapshots.length);
  await repairIndex(await openAt(storage));
  await repair(storage, { forget: true });
  expect(await restorable(storage)).toEqual(sound);
});

test("a storage that cannot be reached is no damage", async () => {
  const storage = await copyOf((await smallRepository()).storage);
  const sound = await restorable(storage);
  storage.add({ operation: "read", type: "pack", nth: 2, how: "fail" });
  await expect(repair(storage, { forget: true })).rejects.toThrow(
    expect.objectContaining({ code: "STORAGE_UNREACHABLE" }),
  );
  expect(await restorable(storage)).toEqual(sound);
});
