import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { KiB, MiB } from "@holdfast/base";
import { seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { repositoryFixture } from "../repository/repository-fixture.ts";
import type { TreeNode } from "../tree/node.ts";
import { compareRestored } from "./compare.ts";
import { CraftedSnapshot } from "./crafted-snapshot-fixture.ts";
import { restore } from "./restore.ts";

/** More than is done in the calling thread: two large files, 400 small ones, links to them, and other things. */
async function plenty() {
  const fixture = await repositoryFixture({ seed: 41, packBytesTarget: 4 * MiB });
  const crafted = new CraftedSnapshot(fixture.repository);
  const random = seededRandom(41);
  const twice = (number: number) => ({ inode: BigInt(number), deviceId: 7n, links: 2n });
  const again: TreeNode[] = [];
  const folders: TreeNode[] = [];
  for (let folder = 0; folder < 16; folder += 1) {
    const nodes: TreeNode[] = [crafted.link("link", `../${folder}`), crafted.node("fifo", "fifo", { links: 0n })];
    for (let file = 0; file < 25; file += 1) {
      const isLinked = file % 10 === 3;
      const number = folder * 100 + file;
      const bytes = random.bytes(file % 7 === 0 ? 0 : 1 + (random.bytes(1)[0]! << 5));
      const node = await crafted.file(`file ${file}`, [bytes], isLinked ? twice(number) : { permissions: 0o640 });
      nodes.push(node);
      if (isLinked) again.push({ ...node, name: Buffer.from(`again ${number}`) });
    }
    folders.push(await crafted.directory(`folder ${folder}`, nodes, { permissions: 0o500 }));
  }
  const chunks = Array.from({ length: 12 }, () => random.bytes(MiB));
  const large = await crafted.file("a large one", chunks, twice(1_000_000));
  const holes = await crafted.file("holes", [chunks[0]!, Buffer.alloc(9 * MiB), Buffer.alloc(100 * KiB)]);
  const links = await crafted.directory("and again", [...again, { ...large, name: Buffer.from("large again") }]);
  const snapshotId = await crafted.save([...folders, large, holes, links]);
  const targetOf = async () => join(await temporaryDirectory(), "target");
  return { ...fixture, snapshotId, targetOf, chunks, large };
}

test("threads write what the calling thread writes, to the last byte, mode, time and link", async () => {
  const { reopen, snapshotId, targetOf } = await plenty();
  const hashes: string[] = [];
  for (const threads of [0, 2]) {
    const targetDir = await targetOf();
    const result = await restore(await reopen(), { snapshotId, targetDir, threads, sparse: threads === 2 });
    expect(result.problems.first).toEqual([]);
    expect(result.counts).toMatchObject({ files: 402, directories: 17, hardLinks: 49, others: 32 });
    const { differences, rootHash } = await compareRestored(await reopen(), snapshotId, targetDir);
    expect(differences).toMatchObject({ count: 0 });
    hashes.push(rootHash);
    expect(lstatSync(join(targetDir, "a large one")).ino).toBe(lstatSync(join(targetDir, "and again/large again")).ino);
    expect(readdirSync(join(targetDir, "and again"))).toHaveLength(49);
  }
  expect(new Set(hashes).size).toBe(1);
});

test("a damaged pack costs its files only, in threads as well, and of a large file nothing stays", async () => {
  const { reopen, snapshotId, targetOf, storage, large } = await plenty();
  const [place] = (await reopen()).places("data", large.content![7]!);
  const pack = { type: "pack", name: place!.packId } as const;
  const bytes = Buffer.from(await storage.read(pack));
  bytes[place!.offset + 100]! ^= 4;
  await storage.remove(pack);
  await storage.write(pack, bytes);
  const told: string[][] = [];
  for (const threads of [0, 2]) {
    const targetDir = await targetOf();
    const { problems } = await restore(await reopen(), { snapshotId, targetDir, threads });
    told.push(problems.first.map(({ path, code }) => `${code} ${path}`).toSorted());
    expect(readdirSync(targetDir)).not.toContain("a large one");
    expect(readdirSync(targetDir)).toHaveLength(18);
  }
  expect(told[0]).toEqual(["ENGINE_PACK_DAMAGED /a large one", "ENGINE_PACK_DAMAGED /and again/large again"]);
  expect(told[1]).toEqual(told[0]);
});

test("a restore told to stop in the middle leaves no half file, and the next one is as good as a fresh one", async () => {
  const { reopen, snapshotId, targetOf } = await plenty();
  const targetDir = await targetOf();
  const stop = new AbortController();
  let items = 0;
  const onItem = () => {
    items += 1;
    if (items === 40) stop.abort(new Error("told to stop"));
  };
  const options = { snapshotId, targetDir, threads: 2 };
  await expect(restore(await reopen(), { ...options, onItem }, () => {}, stop.signal)).rejects.toThrow("told to stop");
  const halfway = await compareRestored(await reopen(), snapshotId, targetDir);
  expect(halfway.differences.first.filter(({ kind }) => kind === "content" || kind === "size")).toEqual([]);
  expect(halfway.differences.count).toBeGreaterThan(0);
  const { isComplete, counts } = await restore(await reopen(), options);
  expect(isComplete).toBe(true);
  expect(counts.filesUnchanged).toBeGreaterThan(0);
  expect((await compareRestored(await reopen(), snapshotId, targetDir)).differences.count).toBe(0);
});
