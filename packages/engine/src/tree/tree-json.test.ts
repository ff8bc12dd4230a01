import { describe, expect, test } from "vitest";
import { idOf } from "../id.ts";
import { bareNode, type TreeNode } from "./node.ts";
import { goModeOf, permissionsOf } from "./mode.ts";
import { treeNodes, type TreeProblem } from "./tree-reader.ts";
import { nodeJson, serialiseTree, TreeWriter } from "./tree-writer.ts";

const someId = idOf(Buffer.from("x"));

function read(tree: Buffer | string): { nodes: TreeNode[]; problems: TreeProblem[] } {
  const problems: TreeProblem[] = [];
  const nodes = [...treeNodes(Buffer.from(tree), (problem) => problems.push(problem))];
  return { nodes, problems };
}

function file(name: string): TreeNode {
  return { ...bareNode(Buffer.from(name), "file"), content: [] };
}

describe("writing a tree", () => {
  test("an empty directory is the 13 bytes that restic writes", () => {
    const tree = serialiseTree([]);
    expect(tree.toString()).toBe('{"nodes":[]}\n');
    expect(idOf(tree)).toBe("ac08ce34ba4f8123618661bef2425f7028ffb9ac740578a3ee88684d2523fee8");
  });

  test("a node has restic's keys in restic's order, and none that is empty", () => {
    expect(nodeJson(bareNode(Buffer.from("a"), "fifo"))).toBe(
      '{"name":"a","type":"fifo","mtime":"1970-01-01T00:00:00Z","atime":"1970-01-01T00:00:00Z",' +
        '"ctime":"1970-01-01T00:00:00Z","uid":0,"gid":0,"content":null}',
    );
    const full: TreeNode = {
      ...bareNode(Buffer.from("a"), "symlink"),
      mode: goModeOf(0o120777),
      mtime: { ns: 1n, offsetS: 3600 },
      uid: 1,
      gid: 2,
      user: "u<",
      group: "g&",
      inode: 18_446_744_073_709_551_615n,
      deviceId: 9_007_199_254_740_993n,
      size: 3n,
      links: 4n,
      linkTarget: Buffer.from("t\xff", "latin1"),
      extendedAttributes: [{ name: Buffer.from("user.x"), value: Buffer.alloc(0) }],
      genericAttributes: '{"windows.file_attributes":32}',
      device: 5n,
      content: [someId, someId],
      subtree: someId,
      error: "e",
    };
    expect(nodeJson(full)).toBe(
      '{"name":"a","type":"symlink","mode":134218239,"mtime":"1970-01-01T01:00:00.000000001+01:00",' +
        '"atime":"1970-01-01T00:00:00Z","ctime":"1970-01-01T00:00:00Z","uid":1,"gid":2,"user":"u\\u003c","group":"g\\u0026",' +
        '"inode":18446744073709551615,"device_id":9007199254740993,"size":3,"links":4,"linktarget":"t\\ufffd",' +
        '"linktarget_raw":"dP8=","extended_attributes":[{"name":"user.x","value":""}],' +
        `"generic_attributes":{"windows.file_attributes":32},"device":5,"content":["${someId}","${someId}"],` +
        `"subtree":"${someId}","error":"e"}`,
    );
    const [back] = read(serialiseTree([{ ...full, linkTarget: full.linkTarget }])).nodes;
    expect(back).toEqual(full);
  });

  test("nodes that are out of order are a bug of the caller", () => {
    expect(() => serialiseTree([file("b"), file("a")])).toThrow("ascending");
    expect(() => serialiseTree([file("a"), file("a")])).toThrow("ascending");
  });

  test("order is that of bytes, not of UTF-16: U+FFFD comes before U+10000", () => {
    expect(() => serialiseTree([file("\ufffd"), file("\u{10000}")])).not.toThrow();
  });

  test("a listing of many nodes is written in pieces and read back whole", () => {
    const nodes = Array.from({ length: 5000 }, (_, at) => file(`file-${String(at).padStart(8, "0")}`));
    const { nodes: back, problems } = read(serialiseTree(nodes));
    expect(problems).toEqual([]);
    expect(back).toEqual(nodes);
  });

  test.each([0, 1, 500_000, 700_000, 5_000_000])(
    "is the same whatever length was expected: %i bytes",
    (expectedBytes) => {
      const nodes = Array.from({ length: 2500 }, (_, at) => file(`dätei-\u{10000}-${String(at).padStart(8, "0")}`));
      const writer = new TreeWriter(expectedBytes);
      for (const node of nodes) writer.add(node);
      expect(writer.finish().toString()).toBe(`{"nodes":[${nodes.map(nodeJson).join(",")}]}\n`);
    },
  );
});

describe("modes", () => {
  test.each([
    [0o100644, 420],
    [0o104755, 8_389_101],
    [0o102750, 4_194_792],
    [0o041777, 2_148_532_735],
    [0o120777, 134_218_239],
    [0o010644, 33_554_852],
    [0o060644, 67_109_284],
    [0o020644, 69_206_436],
  ])("st_mode %s is %s in Go", (unix, go) => {
    expect(goModeOf(unix)).toBe(go);
    expect(permissionsOf(go)).toBe(unix & 0o7777);
  });
});

describe("reading a tree from anybody", () => {
  const node = (members: string) =>
    `{"name":"a","type":"file","mtime":"2020-01-01T00:00:00Z","content":[],"uid":0,"gid":0${members}}`;

  test("space, unknown keys, other orders and missing keys are taken", () => {
    const { nodes, problems } = read(
      `{ "more" : [1, {"x": null}], "nodes" : [ {"x":-1.5e3, "content":null,"type":"fifo" , "name":"a","extended_attributes":null,` +
        `"generic_attributes":null,"subtree":null} ] }`,
    );
    expect(problems).toEqual([]);
    expect(nodes).toEqual([bareNode(Buffer.from("a"), "fifo")]);
  });

  test("no nodes may be written as null", () => {
    expect(read('{"nodes":null}')).toEqual({ nodes: [], problems: [] });
  });

  test("integers beyond 2^53 keep all their bits", () => {
    const { nodes } = read(`{"nodes":[${node(',"inode":18446744073709551615,"device_id":9007199254740993')}]}`);
    expect(nodes[0]).toMatchObject({ inode: 2n ** 64n - 1n, deviceId: 2n ** 53n + 1n });
  });

  test.each([
    ["a separator", '"name":"a/b"'],
    ["an empty name", '"name":""'],
    ["a missing name", '"x":""'],
    ["the name .", '"name":"."'],
    ["the name ..", '"name":".."'],
    ["a zero byte", '"name":"a\\\\x00b"'],
    ["an escaped separator", '"name":"\\\\x2fetc"'],
    ["bad quoting", '"name":"a\\\\"'],
    ["an unknown type", '"name":"a","type":"door"'],
    ["a number as name", '"name":5'],
    ["a bad time", '"name":"a","mtime":"yesterday"'],
    ["a negative inode", '"name":"a","inode":-1'],
    ["a fractional inode", '"name":"a","inode":1.5'],
    ["an inode of 65 bits", '"name":"a","inode":18446744073709551616'],
    ["a mode of 33 bits", '"name":"a","mode":4294967296'],
    ["a bad blob id", '"name":"a","content":["xyz"]'],
    ["no content", '"name":"a","content":null'],
    ["a link target with a zero byte", '"name":"a","type":"symlink","linktarget":"a\\u0000b"'],
    ["a directory without listing", '"name":"a","type":"dir"'],
    ["malformed base64", '"name":"a","linktarget_raw":"?"'],
  ])("an entry with %s is refused and the one after it is not", (_, members) => {
    const { nodes, problems } = read(
      `{"nodes":[{"type":"file","content":[],${members}},${node("").replace('"a"', '"z"')}]}`,
    );
    expect(nodes.map(({ name }) => name.toString())).toEqual(["z"]);
    expect(problems).toMatchObject([{ isRefused: true }]);
  });

  test("a name that comes twice is refused the second time, also when the tree is unsorted", () => {
    const list = (names: string[]) =>
      `{"nodes":[${names.map((name) => node("").replace('"a"', `"${name}"`)).join(",")}]}`;
    const adjacent = read(list(["a", "b", "b", "c"]));
    expect(adjacent.nodes.map(({ name }) => name.toString())).toEqual(["a", "b", "c"]);
    expect(adjacent.problems).toMatchObject([{ name: Buffer.from("b"), isRefused: true }]);
    const scattered = read(list(["c", "a", "d", "a", "c", "b"]));
    expect(scattered.nodes.map(({ name }) => name.toString())).toEqual(["c", "a", "d", "b"]);
    expect(scattered.problems.map(({ isRefused }) => isRefused)).toEqual([false, true, true]);
  });

  test.each([
    "",
    "{}",
    "[]",
    "null",
    '{"nodes":[',
    '{"nodes":[]',
    '{"nodes":[]}x',
    '{"nodes":[}',
    '{"nodes":{}}',
    '{"nodes":[{"name":"a}]}',
    '{"nodes":[{"name":tru}]}',
    '{"nodes":[01]}',
    '{"nodes":[{"a" 1}]}',
    '{"nodes":[{},]}',
    `{"nodes":[],"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`,
    '{"nodes":[{"name":"a\nb"}]}',
  ])("%j is damage", (text) => {
    expect(() => read(text)).toThrow(expect.objectContaining({ code: "ENGINE_TREE_DAMAGED" }));
  });

  test("no cut of a tree and no flipped bit makes the reader do anything but report", () => {
    const tree = serialiseTree([
      { ...file("a"), linkTarget: Buffer.from("\xff", "latin1"), inode: 2n ** 60n },
      {
        ...bareNode(Buffer.from("d\x01\xff", "latin1"), "dir"),
        subtree: someId,
        extendedAttributes: [{ name: Buffer.from("u"), value: Buffer.from("v") }],
      },
    ]);
    const tryRead = (bytes: Buffer) => {
      try {
        return read(bytes).nodes;
      } catch (error) {
        expect(error).toMatchObject({ code: "ENGINE_TREE_DAMAGED" });
        return [];
      }
    };
    for (let length = 0; length < tree.length - 1; length += 1) expect(tryRead(tree.subarray(0, length))).toEqual([]);
    for (let bit = 0; bit < tree.length * 8; bit += 1) {
      const bytes = Buffer.from(tree);
      bytes[bit >> 3]! ^= 1 << (bit & 7);
      for (const { name } of tryRead(bytes)) expect(name.includes(0x2f)).toBe(false);
    }
  });
});
