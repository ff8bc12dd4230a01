import { idFromBytes } from "../id.ts";
import { expect, test } from "vitest";
import { bareNode } from "./node.ts";
import { eachReference } from "./tree-references.ts";
import { serialiseTree } from "./tree-writer.ts";

const [one, two, three] = ["11", "22", "33"].map((pair) => idFromBytes(Buffer.from(pair.repeat(32), "hex"))) as [
  ReturnType<typeof idFromBytes>,
  ReturnType<typeof idFromBytes>,
  ReturnType<typeof idFromBytes>,
];

function referencesOf(tree: Uint8Array | string): string[] {
  const found: string[] = [];
  eachReference(Buffer.from(tree), {
    data: (id) => found.push(`data ${idFromBytes(id)}`),
    subtree: (id) => found.push(`tree ${idFromBytes(id)}`),
  });
  return found;
}

test("every blob that a tree names is met, in order", () => {
  const file = { ...bareNode(Buffer.from('a"b'), "file"), content: [one, two], size: 12n, inode: 2n ** 63n };
  const folder = { ...bareNode(Buffer.from("b"), "dir"), subtree: three };
  const empty = { ...bareNode(Buffer.from("c"), "file"), content: [] };
  expect(referencesOf(serialiseTree([file, folder, empty]))).toEqual([`data ${one}`, `data ${two}`, `tree ${three}`]);
});

test("what no program of ours would write is met as well", () => {
  const odd = `{ "x": [0, -1.5e3, 10, true, null], "nodes" : [ {"type":"link","size":0,"content":["${one}"],"subtree":null},
    {"content":null,"content":["${two}"],"subtree":"${three}"} ], "nodes":[{"content":["${one}"]}] }`;
  expect(referencesOf(odd)).toEqual([`data ${one}`, `data ${two}`, `tree ${three}`, `data ${one}`]);
});

test.each([
  ["", "nothing"],
  ["[]", "a list"],
  ['{"nodes":[{"content":["11"]}]}', "a short id"],
  [`{"nodes":[{"subtree":"${"AB".repeat(32)}"}]}`, "an id in capitals"],
  ['{"nodes":[{"size":01}]}', "a number with a zero in front"],
  ['{"nodes":[{"size":1x}]}', "a number that goes on"],
  ['{"nodes":[', "a cut"],
  ['{"nodes":[]}{}', "something behind the end"],
])("%s is refused: %s", (text) => {
  expect(() => referencesOf(text)).toThrow();
});
