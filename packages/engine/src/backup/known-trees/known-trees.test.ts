import { toHex } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import { expect, test } from "vitest";
import type { TreeId } from "../../id.ts";
import { KnownTrees } from "./known-trees.ts";
import { TreeRows, type TreeRow } from "./tree-rows.ts";

const seed = "known trees";
const random = seededRandom(seed);
const newTree = () => toHex(random.bytes(32)) as TreeId;
const newDigest = () => toHex(random.bytes(16));

function imageOf(rows: TreeRows): SharedArrayBuffer {
  const bytes = rows.image();
  const image = new SharedArrayBuffer(bytes.byteLength);
  new Uint8Array(image).set(bytes);
  return image;
}

test(`every row is found again as it was, and nothing else (seed ${seed})`, () => {
  for (const count of [0, 1, 2, 3, 500]) {
    const rows = new TreeRows();
    const made = Array.from({ length: count }, (_, number): TreeRow => {
      const children = Array.from({ length: number % 4 }, newTree);
      return { tree: newTree(), digest: newDigest(), entriesBelow: number * 7, children };
    });
    for (const row of made) rows.add(row);
    const known = KnownTrees.of(imageOf(rows));
    expect(known.size).toBe(count);
    for (const row of made) {
      expect(known.rowAt(known.find(row.tree))).toEqual(row);
      for (const number of row.children.keys()) expect(known.childRow(known.find(row.tree), number)).toBe(-1);
    }
    expect(known.find(newTree())).toBe(-1);
  }
});

test("a subdirectory that is known leads to its row", () => {
  const rows = new TreeRows();
  const trees = Array.from({ length: 100 }, newTree);
  for (const [at, tree] of trees.entries())
    rows.add({ tree, digest: newDigest(), entriesBelow: 1, children: [newTree(), trees[(at * 7) % 100]!] });
  const known = KnownTrees.of(imageOf(rows));
  for (const [at, tree] of trees.entries()) {
    const row = known.find(tree);
    expect([known.childRow(row, 0), known.childRow(row, 1)]).toEqual([-1, known.find(trees[(at * 7) % 100]!)]);
    expect(known.child(row, 1)).toBe(trees[(at * 7) % 100]);
  }
});

test("ids that begin alike are told apart", () => {
  const rows = new TreeRows();
  const trees = [..."0123456789abcdef"].map((digit) => `${"f".repeat(40)}${digit.repeat(24)}` as TreeId);
  for (const tree of trees.toReversed()) rows.add({ tree, digest: newDigest(), entriesBelow: 1, children: [] });
  const known = KnownTrees.of(imageOf(rows));
  expect(trees.map((tree) => known.find(tree))).toEqual(trees.map((_, number) => number));
});

test("a tree that two directories have is one row", () => {
  const rows = new TreeRows();
  const row = { tree: newTree(), digest: newDigest(), entriesBelow: 0, children: [] };
  for (let time = 0; time < 3; time += 1) rows.add(row);
  expect(KnownTrees.of(imageOf(rows)).size).toBe(1);
});

test("only rows that were confirmed, in whichever thread, are taken over", () => {
  const rows = new TreeRows();
  const trees = Array.from({ length: 5 }, newTree);
  for (const tree of trees) rows.add({ tree, digest: newDigest(), entriesBelow: 1, children: [newTree()] });
  const known = KnownTrees.of(imageOf(rows));
  const elsewhere = new KnownTrees(known.handle);
  elsewhere.confirm(elsewhere.find(trees[1]!));
  known.confirm(known.find(trees[3]!));
  const next = new TreeRows();
  next.addConfirmed(known);
  const kept = KnownTrees.of(imageOf(next));
  expect(trees.map((tree) => kept.find(tree) >= 0)).toEqual([false, true, false, true, false]);
  expect(kept.rowAt(kept.find(trees[1]!))).toEqual(known.rowAt(known.find(trees[1]!)));
});
