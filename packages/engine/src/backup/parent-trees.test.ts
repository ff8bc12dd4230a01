import { temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import type { TreeId } from "../id.ts";
import { Repository } from "../repository/repository.ts";
import { repositoryFixture, testPassword } from "../repository/repository-fixture.ts";
import { ParentTrees } from "./parent-trees.ts";

test("listings of a parent are asked of the storage once, and then lie in this machine's cache", async () => {
  const { repository, storage, context } = await repositoryFixture({ seed: 92 });
  const ids: TreeId[] = [];
  for (let at = 0; at < 20; at += 1) ids.push((await repository.saveBlob("tree", Buffer.from(`${at}`))).id);
  await repository.flush();
  const cache = { folder: await temporaryDirectory(), hasIndex: true };
  const packReads = async () => {
    const session = await Repository.open(storage, { password: testPassword, cache }, context);
    await session.loadIndex();
    const before = storage.calls.length;
    const trees = new ParentTrees(session, new AbortController().signal);
    for (const id of ids) expect(await trees.load(id)).toMatchObject({ id });
    return storage.calls.slice(before).filter(({ operation, type }) => operation === "read" && type === "pack").length;
  };
  expect([await packReads(), await packReads()]).toEqual([1, 0]);
});
