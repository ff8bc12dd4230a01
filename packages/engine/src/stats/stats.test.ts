import { expect, test } from "vitest";
import type { BlobId } from "../id.ts";
import { repositoryFixture } from "../repository/repository-fixture.ts";
import { CraftedSnapshot } from "../restore/crafted-snapshot-fixture.ts";
import type { TreeNode } from "../tree/node.ts";
import { countStats } from "./stats.ts";

const seed = 20_272;

/** A repository with a top tree for each list of nodes. */
async function setUp(build: (crafted: CraftedSnapshot) => Promise<TreeNode[][]>) {
  const fixture = await repositoryFixture({ seed });
  const crafted = new CraftedSnapshot(fixture.repository);
  const roots: BlobId[] = [];
  for (const nodes of await build(crafted)) roots.push(await crafted.tree(nodes));
  await fixture.repository.flush();
  return { ...fixture, roots, repository: await fixture.reopen() };
}

const noFault = { onFault: () => expect.fail("a fault") };

test("a file with several names counts once in each snapshot, wherever its names are", async () => {
  const { repository, roots } = await setUp(async (crafted) => {
    const linked = { links: 2n, inode: 7n, deviceId: 1n };
    const deep = await crafted.directory("d", [await crafted.file("one", ["12345"], linked)]);
    const top = [deep, await crafted.file("two", ["12345"], linked), await crafted.file("alone", ["123"])];
    return [top, top];
  });
  const { totalBytes, files } = await countStats(repository, roots, "restore-size", noFault);
  expect({ totalBytes, files }).toEqual({ totalBytes: 16, files: 8 });
});

test("a folder that comes again counts again, however often, and is read once", async () => {
  const { repository, roots, storage } = await setUp(async (crafted) => {
    let node = await crafted.directory("d", [await crafted.file("f", ["1234567890"])]);
    for (let depth = 0; depth < 20; depth += 1) {
      node = await crafted.directory("d", [node, { ...node, name: Buffer.from("e") }]);
    }
    return [[node]];
  });
  const before = storage.calls.filter(({ operation }) => operation === "read").length;
  const { totalBytes, files } = await countStats(repository, roots, "restore-size", noFault);
  const reads = storage.calls.filter(({ operation }) => operation === "read").length - before;
  expect({ totalBytes, files }).toEqual({ totalBytes: 10 * 2 ** 20, files: 3 * 2 ** 20 - 1 });
  expect(reads).toBeLessThan(30);
});

test("contents count once, references once a path, and blobs as they are stored", async () => {
  const { repository, roots } = await setUp(async (crafted) => [
    [await crafted.file("a", ["xxx", "yy"]), await crafted.file("b", ["xxx", "yy"]), await crafted.file("c", ["yy"])],
    [await crafted.file("a", ["xxx", "yy"]), await crafted.file("c", ["yy", "yy"], { size: 4n })],
  ]);
  const contents = await countStats(repository, roots, "files-by-contents", noFault);
  expect(contents).toMatchObject({ files: 3, totalBytes: 5 + 2 + 4 });
  const references = await countStats(repository, roots, "blobs-per-file", noFault);
  expect(references).toMatchObject({ files: 2, blobs: 3, totalBytes: 7 });
  const raw = await countStats(repository, roots, "raw-data", noFault);
  expect(raw).toMatchObject({ blobs: 4 });
  expect(raw.compression!.uncompressedBytes).toBeGreaterThan(raw.totalBytes);
});

test.each(["restore-size", "files-by-contents", "blobs-per-file", "raw-data"] as const)(
  "%s goes on past a folder that cannot be read",
  async (mode) => {
    const { repository, roots } = await setUp(async (crafted) => [
      [crafted.node("lost", "dir", { subtree: "ab".repeat(32) as BlobId }), await crafted.file("z", ["123"])],
    ]);
    const codes: string[] = [];
    const onFault = (_: unknown, error: { code: string }) => codes.push(error.code);
    const { totalBytes } = await countStats(repository, roots, mode, { onFault });
    expect(totalBytes).toBeGreaterThanOrEqual(3);
    expect(codes).toContain("ENGINE_BLOB_MISSING");
  },
);
