import { describe, expect, test } from "vitest";
import { parseId } from "../id.ts";
import { bareNode, type TreeNode } from "../tree/node.ts";
import { nodeJson, serialiseTree } from "../tree/tree-writer.ts";
import { ParentDirectory } from "./parent-directory.ts";

const id = (digit: string) => parseId(digit.repeat(64));
const named = (name: string, type: TreeNode["type"]) => bareNode(Buffer.from(name), type);
const file = { ...named("a-file", "file"), size: 7n, content: [id("1"), id("2")] };
const folder = { ...named("b-folder", "dir"), subtree: id("3") };
const link = { ...named("c-länk", "symlink"), linkTarget: Buffer.from("å") };
const empty = { ...named("d-empty", "file"), content: [] };
const fileHead = (node: TreeNode) => nodeJson({ ...node, content: [] }).slice(0, -2);
const folderHead = (node: TreeNode) => `${nodeJson({ ...node, subtree: undefined }).slice(0, -1)},"subtree":"`;
const noDamage = () => expect.fail("it is sound");
const parent = (nodes = [file, folder, link, empty]) => ParentDirectory.of(serialiseTree(nodes), noDamage);

describe("a directory of the parent snapshot", () => {
  test("that is as it was is passed by its text alone", () => {
    const directory = parent();
    expect(directory.sameFile(fileHead(file))).toEqual(file.content);
    expect(directory.sameDirectory(folderHead(folder))).toBe(folder.subtree);
    directory.passSame(nodeJson(link));
    expect(directory.sameFile(fileHead(empty))).toEqual([]);
    expect(directory.sameFile(fileHead(empty))).toBe(undefined);
    expect(directory.find(Buffer.from("e"))).toBe(undefined);
  });

  test("finds by name what differs, and everything behind it", () => {
    const directory = parent();
    expect(directory.sameFile(fileHead({ ...file, size: 8n }))).toBe(undefined);
    expect(directory.find(file.name)).toMatchObject({ size: 7n, content: file.content });
    expect(directory.sameDirectory(folderHead(folder))).toBe(undefined);
    expect(directory.find(folder.name)?.subtree).toBe(folder.subtree);
    expect(directory.find(empty.name)?.content).toEqual([]);
  });

  test("finds what lies behind an entry that is new, and behind one that is gone", () => {
    const before = parent();
    expect(before.sameFile(fileHead({ ...file, name: Buffer.from("a") }))).toBe(undefined);
    expect(before.find(Buffer.from("a"))).toBe(undefined);
    expect(before.find(file.name)?.size).toBe(7n);
    const after = parent();
    expect(after.sameDirectory(folderHead(folder))).toBe(undefined);
    expect(after.find(folder.name)?.subtree).toBe(folder.subtree);
  });

  test.each([
    ["an id that is none", (text: string) => text.replace("1".repeat(64), "1".repeat(63) + "G")],
    ["a key that we do not write", (text: string) => text.replace('"],"', '"],"')],
    ["a comma without a chunk behind it", (text: string) => text.replace(`,"${"2".repeat(64)}"`, ",")],
    ["something behind its content", (text: string) => text.replace(']},{"name":"b', '],"x":1},{"name":"b')],
    ["space between", (text: string) => text.replace("},{", "}, {")],
  ])("takes no entry by its text that has %s", (_, change) => {
    const text = change(serialiseTree([file, folder]).toString());
    const directory = ParentDirectory.of(Buffer.from(text), () => {});
    const content = directory.sameFile(fileHead(file));
    // Either it is refused here, or what it says is what it means.
    if (content !== undefined) expect(content).toEqual(file.content);
    const next = directory.sameDirectory(folderHead(folder)) ?? directory.find(folder.name)?.subtree;
    expect([folder.subtree, undefined]).toContain(next);
  });

  test("that is no listing is told of once, and has nothing", () => {
    const told: string[] = [];
    const directory = ParentDirectory.of(Buffer.from('{"nodes":[{"name":'), ({ code }) => told.push(code));
    expect(directory.sameFile(fileHead(file))).toBe(undefined);
    expect([directory.find(file.name), directory.find(folder.name)]).toEqual([undefined, undefined]);
    expect(told).toEqual(["ENGINE_TREE_DAMAGED"]);
  });
});
