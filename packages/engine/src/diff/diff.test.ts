import { expect, test } from "vitest";
import type { BlobId } from "../id.ts";
import { repositoryFixture } from "../repository/repository-fixture.ts";
import { CraftedSnapshot } from "../restore/crafted-snapshot-fixture.ts";
import { displayPath } from "../tree/name-quoting.ts";
import type { TreeNode } from "../tree/node.ts";
import { diffTrees, type DiffOptions } from "./diff.ts";

const seed = 20_271;

/** Two trees and what is said about them; a change is "M /path". */
async function compare(
  build: (crafted: CraftedSnapshot) => Promise<{ before: TreeNode[]; after: TreeNode[] }>,
  options: Pick<DiffOptions, "showsMetadata"> = {},
) {
  const fixture = await repositoryFixture({ seed });
  const crafted = new CraftedSnapshot(fixture.repository);
  const { before, after } = await build(crafted);
  const [first, second] = [await crafted.tree(before), await crafted.tree(after)];
  await fixture.repository.flush();
  const changes: string[] = [];
  const faults: string[] = [];
  const result = await diffTrees(await fixture.reopen(), first, second, {
    ...options,
    onChange: ({ modifier, names, isDirectory }) =>
      changes.push(`${modifier} ${displayPath(names)}${isDirectory ? "/" : ""}`),
    onFault: (names, error) => faults.push(`${displayPath(names)} ${error.code}`),
  });
  return { changes, faults, result };
}

test("what came, went and changed is told in the order of the names, and counted", async () => {
  const { changes, faults, result } = await compare(async (crafted) => ({
    before: [
      await crafted.file("changed", ["old"]),
      await crafted.file("file-to-link", ["was"]),
      await crafted.directory("gone", [await crafted.file("a", ["a"]), crafted.node("pipe", "fifo")]),
      await crafted.file("same", ["same"]),
    ],
    after: [
      await crafted.file("changed", ["new"], { size: 4n }),
      crafted.link("file-to-link", "x"),
      await crafted.directory("new", [await crafted.file("b", ["bb"])]),
      await crafted.file("same", ["same"]),
    ],
  }));
  expect(changes).toEqual([
    "M /changed",
    "T /file-to-link",
    "- /gone/",
    "- /gone/a",
    "- /gone/pipe",
    "+ /new/",
    "+ /new/b",
  ]);
  expect(faults).toEqual([]);
  expect(result).toMatchObject({
    changedFiles: 1,
    added: { files: 1, dirs: 1, others: 0, dataBlobs: 2, treeBlobs: 2 },
    removed: { files: 1, dirs: 1, others: 1, dataBlobs: 3, treeBlobs: 2 },
  });
});

test("other content under the same metadata is how rot looks", async () => {
  const { changes } = await compare(async (crafted) => ({
    before: [await crafted.file("a", ["good"])],
    after: [await crafted.file("a", ["rot!"])],
  }));
  expect(changes).toEqual(["M? /a"]);
});

test("metadata is told when it is asked for, and a folder whose content changed has changed too", async () => {
  const build = async (crafted: CraftedSnapshot) => ({
    before: [
      await crafted.directory("d", [await crafted.file("a", ["x"])]),
      await crafted.file("owner", ["x"], { uid: 1 }),
    ],
    after: [
      await crafted.directory("d", [await crafted.file("a", ["x"], { permissions: 0o600 })]),
      await crafted.file("owner", ["x"], { uid: 2 }),
    ],
  });
  expect((await compare(build)).changes).toEqual([]);
  expect((await compare(build, { showsMetadata: true })).changes).toEqual(["U /d/", "U /d/a", "U /owner"]);
});

test("a blob that is still in an unchanged folder is neither new nor gone", async () => {
  const { result } = await compare(async (crafted) => {
    const kept = await crafted.directory("kept", [
      await crafted.directory("deep", [await crafted.file("x", ["both"])]),
    ]);
    return { before: [kept, await crafted.file("moved", ["both"])], after: [kept] };
  });
  expect(result.removed).toMatchObject({ files: 1, dataBlobs: 0 });
});

test("a folder that cannot be read is named, and everything else is compared", async () => {
  const { changes, faults } = await compare(async (crafted) => {
    const lost = (id: string) => crafted.node("broken", "dir", { subtree: id.repeat(32) as BlobId });
    return {
      before: [lost("ab"), await crafted.file("z", ["1"])],
      after: [lost("cd"), await crafted.file("z", ["22"], { size: 2n })],
    };
  });
  expect(changes).toEqual(["M /z"]);
  expect(faults).toContain("/broken ENGINE_BLOB_MISSING");
});
