import { messageOf, MiB } from "@holdfast/base";
import { memoryStorage, type FileType, type Storage } from "@holdfast/storage";
import { seededRandom } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import type { Id, TreeId } from "../id.ts";
import { Repository } from "../repository/repository.ts";
import { repositoryFixture, testPassword, type RepositoryFixture } from "../repository/repository-fixture.ts";
import { emptySnapshot } from "../snapshot/snapshot.ts";
import { saveSnapshot } from "../snapshot/snapshot-store.ts";
import { bareNode, type TreeNode } from "../tree/node.ts";
import { serialiseTree } from "../tree/tree-writer.ts";
import { checkRepository, type CheckOptions, type CheckProgress } from "./check.ts";
import type { CheckReport } from "./report.ts";

const all: CheckOptions = { readData: true };
const quick: CheckOptions = { readData: false };

interface BackedUp extends RepositoryFixture {
  readonly snapshots: { readonly first: Id; readonly second: Id };
  /** Which blob each file consists of. */
  readonly blobs: { readonly plain: Id; readonly shared: Id; readonly added: Id };
  check(options: CheckOptions, onProgress?: (progress: CheckProgress) => void): Promise<CheckReport>;
}

function file(name: string | Buffer, content: readonly Id[]): TreeNode {
  return { ...bareNode(Buffer.from(name), "file"), content };
}

function directory(name: string, subtree: TreeId): TreeNode {
  return { ...bareNode(Buffer.from(name), "dir"), subtree };
}

const bareSnapshot = {
  ...emptySnapshot,
  time: { ns: 1_000_000_000n, offsetS: 0 },
  paths: ["/"],
  hostname: "h",
  username: "u",
  otherKeys: [],
} as const;

/**
 * Two snapshots: `/plain` and `/shared/fil\xffe` in both, `/added` in the second only. Every blob is in a pack of
 * its own, so that one can be damaged at a time.
 */
async function backedUp(seed: number): Promise<BackedUp> {
  const fixture = await repositoryFixture({ seed, packBytesTarget: 1 });
  const { repository } = fixture;
  const random = seededRandom("content");
  const save = async (bytes: number) => (await repository.saveBlob("data", random.bytes(bytes))).id;
  const saveTree = async (nodes: TreeNode[]) => (await repository.saveBlob("tree", serialiseTree(nodes))).id;
  const blobs = { plain: await save(300), shared: await save(500), added: await save(700) };
  const shared = directory(
    "shared",
    await saveTree([file(Buffer.from([0x66, 0x69, 0x6c, 0xff, 0x65]), [blobs.shared, blobs.shared])]),
  );
  const firstTree = await saveTree([file("plain", [blobs.plain]), shared]);
  const secondTree = await saveTree([file("added", [blobs.added]), file("plain", [blobs.plain]), shared]);
  await repository.flush();
  const snapshot = (tree: TreeId, atS: bigint) =>
    saveSnapshot(repository, { ...bareSnapshot, time: { ns: atS * 1_000_000_000n, offsetS: 0 }, tree });
  const snapshots = { first: await snapshot(firstTree, 1n), second: await snapshot(secondTree, 2n) };
  const check = async (options: CheckOptions, onProgress?: (progress: CheckProgress) => void) => {
    const session = await Repository.open(fixture.storage, { password: testPassword }, fixture.context);
    return checkRepository(session, options, onProgress);
  };
  return { ...fixture, snapshots, blobs, check };
}

async function change(
  storage: Storage,
  type: FileType,
  name: string,
  alter: (bytes: Uint8Array) => Uint8Array | undefined,
) {
  const altered = alter(new Uint8Array(await storage.read({ type, name })));
  await storage.remove({ type, name });
  if (altered !== undefined) await storage.write({ type, name }, altered);
}

function flipped(bytes: Uint8Array, bit = bytes.byteLength * 4): Uint8Array {
  bytes[bit >> 3]! ^= 1 << (bit & 7);
  return bytes;
}

function packOf({ repository }: BackedUp, type: "data" | "tree", id: Id): string {
  return repository.places(type, id)[0]!.packId;
}

function paths(report: CheckReport, position = 0): string[] {
  return report.errors[position]!.affected.map(({ snapshotId, path }) => `${snapshotId.slice(0, 4)} ${path}`).sort();
}

test("a sound repository has no errors, and every byte of its packs is read when asked for", async () => {
  const { check, storage } = await backedUp(1);
  const sizes = (await Array.fromAsync(storage.list("pack"))).map((entry) => entry.sizeBytes);
  const bytesRead = sizes.reduce((sum, size) => sum + size);
  const common = { errors: [], hints: [], snapshots: 2, trees: 3, packs: 6, brokenPacks: [] };
  expect(await check(all)).toMatchObject({ ...common, packsRead: 6, bytesRead });
  expect(await check(quick)).toMatchObject({ ...common, packsRead: 0, bytesRead: 0 });
});

test("progress goes through its phases and ends where it said it would", async () => {
  const { check } = await backedUp(2);
  const seen: CheckProgress[] = [];
  await check(all, (progress) => seen.push(progress));
  expect([...new Set(seen.map((progress) => progress.phase))]).toEqual(["index", "data", "trees"]);
  expect(seen.findLast((progress) => progress.phase === "data")).toMatchObject({ done: 6, total: 6 });
  expect(seen.at(-1)).toMatchObject({ done: 3, total: 3, errorCount: 0 });
});

describe("a flipped bit in a pack", () => {
  test("is found when data is read, with the files of all snapshots that need it", async () => {
    const fixture = await backedUp(3);
    const pack = packOf(fixture, "data", fixture.blobs.shared);
    await change(fixture.storage, "pack", pack, flipped);
    const report = await fixture.check(all);
    expect(report.errors).toMatchObject([{ code: "ENGINE_PACK_DAMAGED", packId: pack, affectedCount: 2 }]);
    const { first, second } = fixture.snapshots;
    expect(paths(report)).toEqual(
      [`${first.slice(0, 4)} /shared/fil\\xffe`, `${second.slice(0, 4)} /shared/fil\\xffe`].sort(),
    );
    expect(report.brokenPacks).toEqual([pack]);
    expect((await fixture.check(quick)).errors).toEqual([]);
  });

  test("names only the snapshot that needs it", async () => {
    const fixture = await backedUp(4);
    await change(fixture.storage, "pack", packOf(fixture, "data", fixture.blobs.added), flipped);
    expect(paths(await fixture.check(all))).toEqual([`${fixture.snapshots.second.slice(0, 4)} /added`]);
  });

  test("of directories is found without reading data", async () => {
    const fixture = await backedUp(5);
    const trees = [...fixture.repository.packs()].filter((pack) => pack.blobs[0]!.type === "tree");
    for (const pack of trees) await change(fixture.storage, "pack", pack.id, flipped);
    const report = await fixture.check(quick);
    expect(report.errors.map((finding) => finding.code)).toEqual(["ENGINE_PACK_DAMAGED", "ENGINE_PACK_DAMAGED"]);
    expect(report.errors.flatMap((finding) => finding.affected.map(({ path }) => path))).toEqual(["/", "/"]);
    expect((await fixture.check(all)).errors).toHaveLength(3);
  });

  test("affects nothing where another pack holds the same blob", async () => {
    const fixture = await backedUp(6);
    const other = await Repository.open(fixture.storage, { password: testPassword }, fixture.context);
    await other.saveBlob("data", await fixture.repository.loadBlob("data", fixture.blobs.shared)); // its index is not loaded
    await other.flush();
    await change(fixture.storage, "pack", packOf(fixture, "data", fixture.blobs.shared), flipped);
    const report = await fixture.check(all);
    expect(report.errors).toMatchObject([{ code: "ENGINE_PACK_DAMAGED", affected: [], affectedCount: 0 }]);
  });

  test("on the way only is no damage", async () => {
    const { check, storage } = await backedUp(7);
    storage.add({ operation: "stream", type: "pack", how: "corrupt", times: 1 });
    expect((await check(all)).errors).toEqual([]);
    expect(storage.hits).toBe(1);
  });
});

describe("without reading data", () => {
  test("a missing pack is found, with what it affects", async () => {
    const fixture = await backedUp(8);
    const pack = packOf(fixture, "data", fixture.blobs.plain);
    await change(fixture.storage, "pack", pack, () => undefined);
    for (const options of [quick, all]) {
      const report = await fixture.check(options);
      expect(report.errors).toMatchObject([{ code: "ENGINE_PACK_MISSING", packId: pack, affectedCount: 2 }]);
      expect(report.errors[0]!.affected.map(({ path }) => path)).toEqual(["/plain", "/plain"]);
      expect(report.suggestRepairIndex).toBe(true);
    }
  });

  test("a pack of the wrong size is found, and read to see what is lost", async () => {
    const fixture = await backedUp(9);
    const cut = packOf(fixture, "data", fixture.blobs.plain);
    await change(fixture.storage, "pack", cut, (bytes) => bytes.subarray(0, -1));
    const report = await fixture.check(quick);
    expect(report).toMatchObject({
      errors: [{ code: "ENGINE_PACK_DAMAGED", packId: cut, affected: [] }],
      packsRead: 1,
    });
    await change(fixture.storage, "pack", cut, (bytes) => bytes.subarray(0, 100));
    expect((await fixture.check(quick)).errors).toMatchObject([{ packId: cut, affectedCount: 2 }]);
  });

  test("a lost index file is one finding, whatever it makes unrestorable", async () => {
    const fixture = await backedUp(10);
    for (const name of await fixture.storage.names("index"))
      await change(fixture.storage, "index", name, () => undefined);
    const report = await fixture.check(quick);
    expect(report.errors).toMatchObject([{ code: "ENGINE_BLOB_MISSING", affectedCount: 2 }]);
    expect(report.errors[0]!.affected.map(({ path }) => path)).toEqual(["/", "/"]);
    expect(report.hints).toHaveLength(1); // six packs that nobody names now
  });

  test.each([
    ["index", "ENGINE_FILE_DAMAGED"],
    ["snapshot", "ENGINE_FILE_DAMAGED"],
  ] as const)("a damaged %s file is found", async (type, code) => {
    const fixture = await backedUp(11);
    const [name] = await fixture.storage.names(type);
    await change(fixture.storage, type, name!, flipped);
    expect((await fixture.check(quick)).errors[0]).toMatchObject({ code, fileId: name });
  });

  test("a pack that no index names is a hint", async () => {
    const fixture = await backedUp(12);
    await fixture.storage.write({ type: "pack", name: "ab".repeat(32) }, new Uint8Array(1000));
    expect(await fixture.check(all)).toMatchObject({
      errors: [],
      hints: [expect.stringContaining("1 pack")],
      suggestPrune: true,
    });
  });

  test("a directory with an entry that leads out of it is found", async () => {
    const fixture = await backedUp(13);
    const hostile = Buffer.from(
      serialiseTree([file("a", []), file("zz", [])])
        .toString()
        .replace('"zz"', '".."'),
    );
    const { id } = await fixture.repository.saveBlob("tree", hostile);
    await fixture.repository.flush();
    const json = Buffer.from(await fixture.repository.loadUnpacked("snapshot", fixture.snapshots.first)).toString();
    await fixture.repository.saveUnpacked("snapshot", Buffer.from(json.replace(/"tree":"\w+"/, `"tree":"${id}"`)));
    const report = await fixture.check(quick);
    expect(report.errors).toMatchObject([{ code: "ENGINE_TREE_DAMAGED", fileId: id, affectedCount: 1 }]);
  });
});

test("a subset reads its share of the packs, and all shares together read all", async () => {
  const fixture = await backedUp(14);
  const read = await Promise.all(
    [1, 2, 3].map(async (part) => (await fixture.check({ readData: true, subset: { part, parts: 3 } })).packsRead),
  );
  expect(read.reduce((sum, packs) => sum + packs)).toBe(6);
});

test("only what chosen snapshots need is looked at when snapshots are chosen", async () => {
  const parts = await backedUp(14);
  const { check, storage, snapshots, blobs } = parts;
  const whole = await check({ readData: true, snapshots: [snapshots.second] });
  const part = await check({ readData: true, snapshots: [snapshots.first] });
  expect([whole.snapshots, part.snapshots]).toEqual([1, 1]);
  expect(part.packsRead).toBeLessThan(whole.packsRead);
  await change(storage, "pack", packOf(parts, "data", blobs.added), (bytes) => flipped(bytes));
  expect((await check({ readData: true, snapshots: [snapshots.first] })).errors).toEqual([]);
  expect((await check({ readData: true, snapshots: [snapshots.second] })).errors).toHaveLength(1);
});

describe("threads", () => {
  /** Twelve packs of two mebibytes. */
  async function large() {
    const fixture = await repositoryFixture({ seed: 15, packBytesTarget: 2 * MiB });
    const random = seededRandom("large");
    for (let blob = 0; blob < 24; blob += 1) await fixture.repository.saveBlob("data", random.bytes(MiB));
    await fixture.repository.flush();
    const check = async (threads: number) => {
      const session = await Repository.open(fixture.storage, { password: testPassword }, fixture.context);
      return checkRepository(session, { readData: true, threads });
    };
    return { ...fixture, check };
  }

  test("find what the calling thread finds", async () => {
    const { storage, check } = await large();
    expect(await check(2)).toEqual(await check(0));
    const packs = await storage.names("pack");
    for (const pack of packs.slice(-3)) await change(storage, "pack", pack, (bytes) => flipped(bytes));
    const [alone, threads] = [await check(0), await check(2)];
    expect(threads.errors).toHaveLength(3);
    expect(threads.errors.toSorted(byMessage)).toEqual(alone.errors.toSorted(byMessage));
    expect({ ...threads, errors: [], brokenPacks: [] }).toEqual({ ...alone, errors: [], brokenPacks: [] });
  });

  test("tell damage on the way from damage of the file, and say that there was some", async () => {
    const { storage, check } = await large();
    storage.add({ operation: "read", type: "pack", how: "corrupt", nth: 2, times: 1 });
    const report = await check(2);
    expect(storage.hits).toBe(1);
    expect(report.errors).toEqual([]);
    expect(report.hints).toEqual([expect.stringMatching(/^Pack [0-9a-f]{64} was read wrongly once/)]);
  });
});

describe("listings", () => {
  /** Twenty folders of a thousand files below one: enough that threads look at them. What is wrong with them is asked for. */
  async function wide(faults: { readonly content?: Id; readonly name?: string }) {
    const fixture = await repositoryFixture({ seed: 18 });
    const { repository } = fixture;
    const random = seededRandom("wide");
    const content = (await repository.saveBlob("data", random.bytes(100))).id;
    const folders: TreeNode[] = [];
    for (let folder = 10; folder < 30; folder += 1) {
      const names = Array.from({ length: 1000 }, () => Buffer.from(random.bytes(30)).toString("hex")).sort();
      const files = names.map((name) => file(name, [content]));
      if (folder === 20 && faults.content !== undefined) files.push(file("lost", [content, faults.content]));
      let json = serialiseTree(files);
      if (folder === 21 && faults.name !== undefined)
        json = Buffer.from(json.toString().replace(names.at(-1)!, faults.name));
      folders.push(directory(`folder ${folder}`, (await repository.saveBlob("tree", json)).id));
    }
    const tree = (await repository.saveBlob("tree", serialiseTree(folders))).id;
    await repository.flush();
    await saveSnapshot(repository, { ...bareSnapshot, tree });
    const check = async (threads: number, options: CheckOptions = quick) => {
      const session = await Repository.open(fixture.storage, { password: testPassword }, fixture.context);
      return checkRepository(session, { ...options, threads });
    };
    return { ...fixture, check };
  }

  test("are all looked at, in threads as in the calling one", async () => {
    const { check } = await wide({});
    expect(await check(2)).toMatchObject({ errors: [], hints: [], trees: 21 });
    expect(await check(2, all)).toEqual(await check(0, all));
  });

  test("that name an unknown piece, or hold a hostile name, are found among sound ones", async () => {
    const { check } = await wide({ content: "ab".repeat(32) as Id, name: ".." });
    for (const threads of [0, 2]) {
      const report = await check(threads);
      expect(report.errors.map(({ code }) => code).toSorted()).toEqual(["ENGINE_BLOB_MISSING", "ENGINE_TREE_DAMAGED"]);
      expect(report.errors.map(({ affected }) => affected.map(({ path }) => path)).toSorted()).toEqual([
        ["/folder 20/lost"],
        ["/folder 21/.."],
      ]);
      expect(report.trees).toBe(21);
    }
  });

  test("with a flipped bit are found, and one on the way only is no damage", async () => {
    const { check, storage, repository } = await wide({});
    storage.add({ operation: "read", type: "pack", how: "corrupt", times: 1 });
    expect((await check(2)).errors).toEqual([]);
    expect(storage.hits).toBe(1);
    const pack = [...repository.packs()].find(({ blobs }) => blobs[0]!.type === "tree")!;
    await change(storage, "pack", pack.id, flipped);
    const report = await check(2);
    expect(report.errors).toMatchObject([{ code: "ENGINE_PACK_DAMAGED", affectedCount: 1 }]);
    expect(report).toEqual(await check(0));
  });
});

const byMessage = (left: { message: string }, right: { message: string }) => (left.message < right.message ? -1 : 1);

test("a storage that cannot be reached ends the check; it is not taken for damage", async () => {
  const fixture = await backedUp(15);
  fixture.storage.add({ operation: ["read", "stream"], type: "pack", how: "fail", times: Infinity });
  for (const options of [quick, all])
    await expect(fixture.check(options)).rejects.toThrow(expect.objectContaining({ code: "STORAGE_UNREACHABLE" }));
});

test("an aborted check throws the caller's reason", async () => {
  const fixture = await backedUp(16);
  const session = await Repository.open(fixture.storage, { password: testPassword }, fixture.context);
  const stop = new AbortController();
  const onProgress = ({ phase }: CheckProgress) => phase === "data" && stop.abort(new Error("Ctrl-C"));
  await expect(checkRepository(session, all, onProgress, stop.signal)).rejects.toThrow("Ctrl-C");
});

test("any bit of any file, flipped, is reported (120 of them, seed 17)", async () => {
  const sound = await backedUp(17);
  const random = seededRandom(17);
  const files: { type: FileType; name: string; bytes: Uint8Array }[] = [];
  for (const type of ["config", "key", "index", "snapshot", "pack"] as const)
    for (const name of type === "config" ? [""] : await sound.storage.names(type))
      files.push({ type, name, bytes: await sound.storage.read({ type, name }) });
  const unnoticed: string[] = [];
  for (let round = 0; round < 120; round += 1) {
    const hit = files[random.below(files.length)]!;
    const bit = random.below(hit.bytes.byteLength * 8);
    const storage = memoryStorage();
    for (const { type, name, bytes } of files)
      await storage.write({ type, name }, bytes === hit.bytes ? flipped(new Uint8Array(bytes), bit) : bytes);
    const outcome = await Repository.open(storage, { password: testPassword }, sound.context)
      .then((session) => checkRepository(session, all))
      .then((report) => report.errors.length, messageOf);
    if (outcome === 0) unnoticed.push(`${hit.type} bit ${bit}`);
  }
  expect(unnoticed).toEqual([]);
});
