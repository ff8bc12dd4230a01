import { HoldfastError, silentLog, systemClock } from "@holdfast/base";
import { fileTypes, memoryStorage, storageErrors, type Storage } from "@holdfast/storage";
import { faultyStorage, seededRandom, type FaultyStorage } from "@holdfast/testkit";
import { idOf, type Id, type SnapshotId, type TreeId } from "../id.ts";
import { Repository } from "../repository/repository.ts";
import type { SessionOptions } from "../repository/session-options.ts";
import { testOwner, testPassword } from "../repository/repository-fixture.ts";
import { emptySnapshot } from "../snapshot/snapshot.ts";
import { listSnapshots, saveSnapshot } from "../snapshot/snapshot-store.ts";
import { bareNode, type TreeNode } from "../tree/node.ts";
import { treeNodes } from "../tree/tree-reader.ts";
import { serialiseTree } from "../tree/tree-writer.ts";

/** Tests of repairs take no locks, so nothing waits and the system's clock will do. */
const context = { clock: systemClock, random: seededRandom("damaged repositories"), log: silentLog };

/** These tests open repositories by the hundred. */
const quickKdf = { N: 2, r: 1, p: 1 };

export function openAt(storage: Storage, options: SessionOptions = {}): Promise<Repository> {
  return Repository.open(storage, { ...options, password: testPassword }, context);
}

/**
 * Three snapshots, `/dir/f0` in the first and one file more in each; every blob has a pack of its own, every flush an
 * index file of its own, and the snapshots share what they can.
 */
export async function smallRepository(version: 1 | 2 = 2): Promise<{ storage: Storage; snapshots: SnapshotId[] }> {
  const storage = memoryStorage();
  const options = { ...testOwner, password: testPassword, kdf: quickKdf, version, packBytesTarget: 1 };
  const repository = await Repository.init(storage, options, context);
  const random = seededRandom("what the files hold");
  const files: TreeNode[] = [];
  const snapshots: SnapshotId[] = [];
  for (let n = 0; n < 3; n += 1) {
    const chunks = [random.bytes(500 + n), random.bytes(700 + n)];
    const content = [];
    for (const chunk of chunks) content.push((await repository.saveBlob("data", chunk)).id);
    files.push({ ...bareNode(Buffer.from(`f${n}`), "file"), content, size: BigInt(1200 + 2 * n) });
    const { id: subtree } = await repository.saveBlob("tree", serialiseTree(files));
    const root = [{ ...bareNode(Buffer.from("dir"), "dir"), subtree }];
    const { id: tree } = await repository.saveBlob("tree", serialiseTree(root));
    await repository.flush();
    const time = { ns: BigInt(n + 1) * 1_000_000_000n, offsetS: 0 };
    const said = { tree, time, hostname: "h", paths: ["/dir"], otherKeys: [["label", '"kept"']] as const };
    snapshots.push(await saveSnapshot(repository, { ...emptySnapshot, ...said }));
  }
  return { storage, snapshots };
}

/** The same files in another storage, to be damaged or repaired by itself. */
export async function copyOf(storage: Storage): Promise<FaultyStorage> {
  const copy = memoryStorage();
  for (const type of fileTypes) {
    for await (const { name } of storage.list(type))
      await copy.write({ type, name }, await storage.read({ type, name }));
  }
  return faultyStorage(copy);
}

export async function flipBit(storage: Storage, type: "pack" | "index" | "snapshot", name: string, at = 20) {
  await change(storage, type, name, (bytes) => {
    bytes[at < 0 ? bytes.length + at : at]! ^= 1;
    return bytes;
  });
}

export async function cutShort(storage: Storage, name: string, byBytes = 1): Promise<void> {
  await change(storage, "pack", name, (bytes) => bytes.subarray(0, bytes.length - byBytes));
}

async function change(
  storage: Storage,
  type: "pack" | "index" | "snapshot",
  name: string,
  how: (bytes: Uint8Array) => Uint8Array,
): Promise<void> {
  const bytes = how(new Uint8Array(await storage.read({ type, name })));
  await storage.remove({ type, name });
  await storage.write({ type, name }, bytes);
}

/** The pack that the index names for a blob. */
export async function packOf(storage: Storage, type: "data" | "tree", id: Id): Promise<string> {
  const repository = await openAt(storage);
  await repository.loadIndex();
  return repository.places(type, id)[0]!.packId;
}

/** Every snapshot of which every byte can be had, with a hash of all of it. */
export async function restorable(storage: Storage): Promise<Map<SnapshotId, Id>> {
  const repository = await openAt(storage);
  const snapshots = await listSnapshots(repository, () => {});
  await repository.loadIndex(undefined, () => {});
  const found = new Map<SnapshotId, Id>();
  for (const snapshot of snapshots) {
    try {
      found.set(snapshot.id, idOf(Buffer.from((await contentOf(repository, snapshot.tree)).join("\n"))));
    } catch (error) {
      if (!(error instanceof HoldfastError) || error.kind !== "damaged") throw error;
    }
  }
  return found;
}

async function contentOf(repository: Repository, tree: TreeId): Promise<string[]> {
  const lines: string[] = [];
  for (const node of treeNodes(await repository.loadBlob("tree", tree), () => {})) {
    for (const id of node.content ?? []) lines.push(`${node.name} ${idOf(await repository.loadBlob("data", id))}`);
    if (node.subtree !== undefined) lines.push(`${node.name}/`, ...(await contentOf(repository, node.subtree)));
  }
  return lines;
}

export function changesOf(storage: FaultyStorage): number {
  return storage.calls.filter(({ operation }) => operation === "write" || operation === "remove").length;
}

/**
 * Kills `repair` before each change that it makes to the storage, once before the first, once before the second and so
 * on, each time on a fresh copy. Whatever was restorable before must be afterwards, in the state it was left in and when
 * the repair was run once more; and a run after that changes nothing.
 * @returns how many moments there were
 */
export async function killEverywhere(
  damaged: Storage,
  repair: (storage: Storage) => Promise<unknown>,
  isKept: (before: Map<SnapshotId, Id>, after: Map<SnapshotId, Id>) => boolean = keepsAll,
): Promise<number> {
  const before = await restorable(damaged);
  const must = (isTrue: boolean, what: string) => {
    if (!isTrue) throw new Error(what);
  };
  for (let moment = 1; ; moment += 1) {
    const storage = await copyOf(damaged);
    const killed = new HoldfastError(storageErrors.unreachable, "killed");
    storage.add({ operation: ["write", "remove"], nth: moment, times: Infinity, how: "fail", error: killed });
    const wasKilled = await repair(storage).then(
      () => storage.hits > 0,
      (error: unknown) => {
        if (error !== killed) throw error;
        return true;
      },
    );
    const alive = await copyOf(storage);
    must(isKept(before, await restorable(alive)), `killed before change ${moment}, something was lost`);
    await repair(alive);
    must(isKept(before, await restorable(alive)), `killed before change ${moment} and run again, something was lost`);
    const changes = changesOf(alive);
    await repair(alive);
    must(changesOf(alive) === changes, `killed before change ${moment}, the third run still changes something`);
    if (!wasKilled) return moment;
  }
}

function keepsAll(before: Map<SnapshotId, Id>, after: Map<SnapshotId, Id>): boolean {
  return [...before].every(([id, content]) => after.get(id) === content);
}
