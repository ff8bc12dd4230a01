import type { Id, SnapshotId } from "../id.ts";
import { seededRandom } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { checkRepository } from "../check/check.ts";
import { Repository } from "../repository/repository.ts";
import { repositoryFixture, testPassword, type RepositoryFixture } from "../repository/repository-fixture.ts";
import { emptySnapshot } from "../snapshot/snapshot.ts";
import { listSnapshots, loadSnapshot, saveSnapshot } from "../snapshot/snapshot-store.ts";
import { bareNode, type TreeNode } from "../tree/node.ts";
import { serialiseTree } from "../tree/tree-writer.ts";
import { copySnapshots } from "./copy.ts";

const never = () => expect.unreachable("nothing is damaged");
const open = ({ storage, context }: RepositoryFixture) => Repository.open(storage, { password: testPassword }, context);

async function saveTree(repository: Repository, nodes: TreeNode[]): Promise<Id> {
  return (await repository.saveBlob("tree", serialiseTree(nodes))).id;
}

/** `/dir/f0` and so on, one file a snapshot more; the snapshots share what they can. */
async function source(seed: number, version: 1 | 2 = 2) {
  const fixture = await repositoryFixture({ seed, version, packBytesTarget: 1 });
  const { repository } = fixture;
  const random = seededRandom("copy");
  const files: TreeNode[] = [];
  const ids: SnapshotId[] = [];
  for (let n = 0; n < 3; n += 1) {
    const content = [(await repository.saveBlob("data", random.bytes(1000 + n))).id];
    files.push({ ...bareNode(Buffer.from(`f${n}`), "file"), content });
    const subtree = await saveTree(repository, files);
    const tree = await saveTree(repository, [{ ...bareNode(Buffer.from("dir"), "dir"), subtree }]);
    await repository.flush();
    const time = { ns: BigInt(n + 1) * 1_000_000_000n, offsetS: 7200 };
    const parent = ids.at(-1);
    const otherKeys = [["label", '"kept"']] as const;
    ids.push(
      await saveSnapshot(repository, { ...emptySnapshot, time, tree, parent, paths: ["/dir"], tags: ["t"], otherKeys }),
    );
  }
  return { ...fixture, ids };
}

async function copyAll(from: RepositoryFixture, to: RepositoryFixture, snapshotIds?: SnapshotId[]) {
  const asked = snapshotIds === undefined ? {} : { snapshotIds };
  return copySnapshots({ from: await open(from), to: await open(to), ...asked });
}

async function errorsIn(fixture: RepositoryFixture) {
  return (await checkRepository(await open(fixture), { readData: true })).errors;
}

test.each([
  [1, 1],
  [1, 2],
  [2, 1],
  [2, 2],
] as const)("everything arrives, from version %i to version %i", async (fromVersion, toVersion) => {
  const from = await source(1, fromVersion);
  const to = await repositoryFixture({ seed: 2, version: toVersion });
  const result = await copyAll(from, to);
  expect(result).toMatchObject({ skipped: [], failed: [], blobs: 9 });
  expect(result.copied.map((copy) => copy.from)).toEqual(from.ids);
  expect(await errorsIn(to)).toEqual([]);
  for (const copy of result.copied) {
    const original = await loadSnapshot(from.repository, copy.from);
    const { id, parent, ...rest } = original;
    expect(await loadSnapshot(to.repository, copy.to)).toEqual({
      ...rest,
      id: copy.to,
      parent: undefined,
      original: id,
    });
    expect(parent === undefined).toBe(copy.from === from.ids[0]);
  }
});

test("a second copy does nothing, and one after a new snapshot copies only that", async () => {
  const from = await source(3);
  const to = await repositoryFixture({ seed: 4 });
  await copyAll(from, to, from.ids.slice(0, 2));
  const second = await copyAll(from, to);
  expect(second).toMatchObject({ skipped: from.ids.slice(0, 2), blobs: 3 });
  expect(second.copied.map((copy) => copy.from)).toEqual(from.ids.slice(2));
  const writes = to.storage.calls.filter((call) => call.operation === "write").length;
  expect(await copyAll(from, to)).toMatchObject({ copied: [], skipped: from.ids, blobs: 0, bytes: 0 });
  expect(to.storage.calls.filter((call) => call.operation === "write")).toHaveLength(writes);
});

test("a copy of a copy is known by its origin", async () => {
  const from = await source(5);
  const [middle, last] = [await repositoryFixture({ seed: 6 }), await repositoryFixture({ seed: 7 })];
  await copyAll(from, middle);
  await copyAll(middle, last);
  expect(await copyAll(from, last)).toMatchObject({ copied: [], skipped: from.ids });
  const originals = (await listSnapshots(last.repository, never)).map((snapshot) => snapshot.original);
  expect(originals).toEqual(from.ids);
});

test("listings that no program of ours would write arrive byte for byte", async () => {
  const from = await repositoryFixture({ seed: 8 });
  const foreign = Buffer.from('{ "nodes" : [ {"type":"file","name":"a","content":[],"later":1e3} ] }');
  const { id } = await from.repository.saveBlob("tree", foreign);
  await from.repository.flush();
  await saveSnapshot(from.repository, { ...emptySnapshot, time: { ns: 1n, offsetS: 0 }, tree: id, otherKeys: [] });
  const to = await repositoryFixture({ seed: 9 });
  await copyAll(from, to);
  await to.repository.loadIndex();
  expect(Buffer.from(await to.repository.loadBlob("tree", id))).toEqual(foreign);
});

describe("a damaged source", () => {
  test("does not spread: the snapshot that needs the pack is left out, the others arrive", async () => {
    const from = await source(10);
    const latest = await loadSnapshot(from.repository, from.ids[2]!);
    const place = from.repository.places("tree", latest.tree)[0]!;
    const pack = { type: "pack", name: place.packId } as const;
    const bytes = new Uint8Array(await from.storage.read(pack));
    bytes[20]! ^= 1;
    await from.storage.remove(pack);
    await from.storage.write(pack, bytes);
    const to = await repositoryFixture({ seed: 11 });
    const result = await copyAll(from, to);
    expect(result.failed).toMatchObject([{ id: from.ids[2], code: "ENGINE_PACK_DAMAGED" }]);
    expect(result.copied.map((copy) => copy.from)).toEqual(from.ids.slice(0, 2));
    expect(await errorsIn(to)).toEqual([]);
  });

  test("whose first snapshot lost a file loses only the snapshots with that file", async () => {
    const from = await source(12);
    const trees = await saveTree(from.repository, [{ ...bareNode(Buffer.from("other"), "file"), content: [] }]);
    await from.repository.flush();
    const time = { ns: 9_000_000_000n, offsetS: 0 };
    const sound = await saveSnapshot(from.repository, { ...emptySnapshot, time, tree: trees, otherKeys: [] });
    const [pack] = [...from.repository.packs()].filter(({ blobs }) => blobs[0]!.type === "data");
    await from.storage.remove({ type: "pack", name: pack!.id }); // f0, which is in all three
    const to = await repositoryFixture({ seed: 13 });
    const result = await copyAll(from, to);
    expect(result.failed.map(({ id, code }) => [id, code])).toEqual(from.ids.map((id) => [id, "ENGINE_BLOB_MISSING"]));
    expect(result.copied.map((copy) => copy.from)).toEqual([sound]);
    expect(await errorsIn(to)).toEqual([]);
  });

  test("whose snapshot file is damaged says so", async () => {
    const from = await source(14);
    await from.storage.remove({ type: "snapshot", name: from.ids[0]! });
    await from.storage.write({ type: "snapshot", name: from.ids[0]! }, new Uint8Array(100));
    const result = await copyAll(from, await repositoryFixture({ seed: 15 }));
    expect(result.failed).toMatchObject([{ id: from.ids[0], code: "ENGINE_FILE_DAMAGED" }]);
    expect(result.copied).toHaveLength(2);
  });
});

test("a copy that was interrupted is taken up again, and names nothing incomplete meanwhile", async () => {
  for (let nth = 1; nth <= 8; nth += 1) {
    const from = await source(16);
    const to = await repositoryFixture({ seed: 17, packBytesTarget: 1 });
    const writing = await Repository.open(to.storage, { password: testPassword, packBytesTarget: 1 }, to.context);
    to.storage.add({ operation: "write", how: "fail", nth });
    await expect(copySnapshots({ from: await open(from), to: writing })).rejects.toThrow(
      expect.objectContaining({ code: "STORAGE_UNREACHABLE" }),
    );
    expect(await errorsIn(to)).toEqual([]);
    expect((await copyAll(from, to)).copied).toHaveLength(3);
    expect(await errorsIn(to)).toEqual([]);
  }
});

test("a snapshot that is not there cannot be copied", async () => {
  const from = await source(18);
  const to = await repositoryFixture({ seed: 19 });
  await expect(copyAll(from, to, ["ab".repeat(32) as Id])).rejects.toThrow(
    expect.objectContaining({ code: "ENGINE_SNAPSHOT_MISSING" }),
  );
});

test("progress ends at the totals, and an abort throws its reason", async () => {
  const from = await source(20);
  const seen: { snapshotsDone: number; blobsDone: number }[] = [];
  const to = await repositoryFixture({ seed: 21 });
  await copySnapshots({ from: await open(from), to: await open(to) }, (progress) => seen.push(progress));
  expect(seen.at(-1)).toMatchObject({ snapshotsDone: 3, snapshotsTotal: 3, blobsDone: 9 });
  const stop = new AbortController();
  const other = await repositoryFixture({ seed: 22 });
  const copying = copySnapshots(
    { from: await open(from), to: await open(other) },
    ({ blobsDone }) => blobsDone === 4 && stop.abort(new Error("Ctrl-C")),
    stop.signal,
  );
  await expect(copying).rejects.toThrow("Ctrl-C");
  expect(await other.storage.names("snapshot")).toEqual([]);
});
