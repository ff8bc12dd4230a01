import { expect, test } from "vitest";
import type { TreeId } from "../id.ts";
import { IdTable } from "../tables/id-table.ts";
import { eachTree } from "./each-tree.ts";

const id = (name: string) => Buffer.from(name).toString("hex").padEnd(64, "0") as TreeId;

/** a and b share c; d is below c. */
const below: Readonly<Record<string, readonly TreeId[]>> = {
  [id("a")]: [id("c"), id("c")],
  [id("b")]: [id("c"), id("d")],
  [id("c")]: [id("d")],
  [id("d")]: [],
};

test("every tree is visited once, however many ways lead to it, and none that was seen before", async () => {
  const seen = new IdTable();
  const visited: TreeId[] = [];
  const visit = async (tree: TreeId) => {
    visited.push(tree);
    await new Promise(setImmediate);
    return below[tree]!;
  };
  await eachTree([id("a"), id("a")], seen, 3, visit);
  expect(visited.toSorted()).toEqual([id("a"), id("c"), id("d")]);
  await eachTree([id("b")], seen, 3, visit);
  expect(visited.slice(3)).toEqual([id("b")]);
});

test("no more visits run at once than allowed", async () => {
  let running = 0;
  let most = 0;
  const roots = Array.from({ length: 30 }, (_, n) => id(`root ${n}`));
  await eachTree(roots, new IdTable(), 4, async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise(setImmediate);
    running -= 1;
    return [];
  });
  expect(most).toBe(4);
});

test("a failing visit ends the walk when the others have ended", async () => {
  const failure = new Error("broken");
  let running = 0;
  const walk = eachTree([id("a"), id("b"), id("c"), id("d")], new IdTable(), 4, async (tree) => {
    running += 1;
    if (tree === id("b")) throw failure;
    await new Promise(setImmediate);
    running -= 1;
    return [];
  });
  await expect(walk).rejects.toBe(failure);
  expect(running).toBe(1); // the one that failed
});
