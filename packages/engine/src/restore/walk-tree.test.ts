import { expect, test } from "vitest";
import type { BlobId } from "../id.ts";
import { repositoryFixture } from "../repository/repository-fixture.ts";
import { displayPath, parseDisplayPath } from "../tree/name-quoting.ts";
import type { TreeNode } from "../tree/node.ts";
import { CraftedSnapshot } from "./crafted-snapshot-fixture.ts";
import { readFile } from "./read-file.ts";
import { findNode, listDirectory, walkTree } from "./walk-tree.ts";

const seed = 20_265;
const lost = "ab".repeat(32) as BlobId;

async function setUp() {
  const fixture = await repositoryFixture({ seed });
  const crafted = new CraftedSnapshot(fixture.repository);
  const deep = await crafted.directory("b", [await crafted.file("c", ["one", "two", "three", "four", "five"])]);
  const tree = await crafted.tree([
    await crafted.directory("a", [deep, crafted.link("l", "b")]),
    crafted.node("broken", "dir", { subtree: lost }),
    await crafted.file("z", []),
  ]);
  await fixture.repository.flush();
  return { fixture, crafted, tree, repository: await fixture.reopen() };
}

const names = (path: string) => parseDisplayPath(path)!;

test("a walk enters, comes by and leaves in order, and damage hides nothing else", async () => {
  const { repository, tree } = await setUp();
  const faults: string[] = [];
  const onFault = (at: readonly Buffer[], error: { code: string }) => faults.push(`${displayPath(at)} ${error.code}`);
  const steps = await Array.fromAsync(walkTree(repository, tree, { onFault }));
  expect(steps.map((step) => `${step.kind} ${displayPath(step.names)}`)).toEqual([
    "enter /a",
    "enter /a/b",
    "entry /a/b/c",
    "leave /a/b",
    "entry /a/l",
    "leave /a",
    "enter /broken",
    "leave /broken",
    "entry /z",
  ]);
  expect(faults).toEqual(["/broken ENGINE_BLOB_MISSING"]);
});

test("directories that are not gone into are passed over, also when they are broken", async () => {
  const { repository, tree } = await setUp();
  const options = { enters: () => false, onFault: () => expect.fail("damage was looked at") };
  const steps = await Array.fromAsync(walkTree(repository, tree, options));
  expect(steps.map(({ node }) => node.name.toString())).toEqual(["z"]);
});

test("directories that are not gone into can be shown, and trees that were loaded ahead for them are let go", async () => {
  const { repository, tree } = await setUp();
  const faults: string[] = [];
  const options = {
    enters: () => false,
    expects: () => true,
    showsUnentered: true,
    onFault: () => faults.push("damage was looked at"),
  };
  const steps = await Array.fromAsync(walkTree(repository, tree, options));
  expect(steps.map(({ kind, node }) => `${kind} ${node.name}`)).toEqual(["entry a", "entry broken", "entry z"]);
  expect(faults).toEqual([]);
});

test("a wide and deep tree is walked in one order, whether trees are loaded ahead or not", async () => {
  const fixture = await repositoryFixture({ seed });
  const crafted = new CraftedSnapshot(fixture.repository);
  const number = (at: number) => String(at).padStart(3, "0");
  const wide = async (depth: number): Promise<TreeNode[]> => {
    const nodes: TreeNode[] = [];
    for (let at = 0; at < (depth === 0 ? 1 : 9); at += 1) {
      const mark = crafted.node(`mark-${depth}-${at}`, "fifo");
      const below = depth === 0 ? [] : await wide(depth - 1);
      nodes.push(await crafted.directory(number(at), [...below, mark]));
    }
    return nodes;
  };
  const tree = await crafted.tree(await wide(3));
  await fixture.repository.flush();
  const repository = await fixture.reopen();
  const walk = async (options: { enters?: () => boolean }) => {
    const steps = walkTree(repository, tree, { ...options, onFault: () => expect.fail("damage") });
    return (await Array.fromAsync(steps)).map(({ kind, names: at }) => `${kind} ${displayPath(at)}`);
  };
  const ahead = await walk({});
  expect(ahead).toEqual(await walk({ enters: () => true })); // which loads nothing ahead
  expect(ahead.length).toBeGreaterThan(2000);
});

test("a directory is listed and an entry found by its path", async () => {
  const { repository, tree } = await setUp();
  const listed = await listDirectory(repository, tree, []);
  expect(listed.map(({ name }) => name.toString())).toEqual(["a", "broken", "z"]);
  expect((await listDirectory(repository, tree, names("/a"))).map(({ type }) => type)).toEqual(["dir", "symlink"]);
  expect(await findNode(repository, tree, names("a/b/c"))).toMatchObject({ type: "file", size: 19n });
  for (const path of ["nothing", "a/nothing", "z/below", "a/l/c"]) {
    await expect(findNode(repository, tree, names(path))).rejects.toMatchObject({ code: "ENGINE_PATH_MISSING" });
  }
  await expect(listDirectory(repository, tree, names("z"))).rejects.toMatchObject({ code: "ENGINE_PATH_MISSING" });
  await expect(listDirectory(repository, tree, names("broken"))).rejects.toMatchObject({ code: "ENGINE_BLOB_MISSING" });
});

test("a file is read chunk by chunk, in order, and damage is an error and not an end", async () => {
  const { repository, tree, crafted } = await setUp();
  const chunks = await Array.fromAsync(readFile(repository, await findNode(repository, tree, names("a/b/c"))));
  expect(chunks.map((chunk) => Buffer.from(chunk).toString())).toEqual(["one", "two", "three", "four", "five"]);
  expect(await Array.fromAsync(readFile(repository, await findNode(repository, tree, names("z"))))).toEqual([]);

  const whole = await findNode(repository, tree, names("a/b/c"));
  const broken = { ...whole, content: [...whole.content!.slice(0, 2), lost] };
  const read: string[] = [];
  const reading = async () => {
    for await (const chunk of readFile(repository, broken)) read.push(Buffer.from(chunk).toString());
  };
  await expect(reading()).rejects.toMatchObject({ code: "ENGINE_BLOB_MISSING" });
  expect(read).toEqual(["one", "two"]);
  await expect(Array.fromAsync(readFile(repository, crafted.link("l", "x")))).rejects.toMatchObject({
    code: "ENGINE_PATH_MISSING",
  });
});

test("every path has a text of its own, and the text leads back to it", () => {
  const odd = [
    ["a", "b"],
    ["a\\b"],
    ['"', '\\"', '\\\\"'],
    ["\xff\n"],
    ["\u00a0"],
    ["\\x41"],
    ["\xc3\xa4 \xe2\x82\xac"],
  ];
  const texts = odd.map((path) => displayPath(path.map((name) => Buffer.from(name, "latin1"))));
  expect(new Set(texts).size).toBe(odd.length);
  expect(texts.map((text) => parseDisplayPath(text)!.map((name) => name.toString("latin1")))).toEqual(odd);
  expect(parseDisplayPath("/a\\")).toBeUndefined();
});

test("a walk through more directories than anybody has time for hears that it is to stop", async () => {
  const { fixture, crafted } = await setUp();
  let nodes: TreeNode[] = [];
  for (let level = 0; level < 40; level += 1)
    nodes = [await crafted.directory("left", nodes), await crafted.directory("right", nodes)];
  const tree = await crafted.tree(nodes);
  await fixture.repository.flush();
  const repository = await fixture.reopen();
  const interruption = new AbortController();
  setTimeout(() => interruption.abort(new Error("enough")), 10);
  const walk = async () => {
    let steps = 0;
    for await (const _ of walkTree(repository, tree, { onFault: () => {} }, interruption.signal)) {
      steps += 1;
      if (steps > 1_000_000) return "never heard";
    }
    return "ended";
  };
  await expect(walk()).rejects.toThrow("enough");
});
