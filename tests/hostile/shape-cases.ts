import { zstdCompressSync } from "node:zlib";
import { manyItems, node, repeatingFrame, type Forge } from "./forge.ts";
import { area, type HostileCase } from "./hostile-case.ts";
import { sha256Hex } from "./sealing.ts";

/** Directories in directories, the innermost made first. */
function deep(forge: Forge, depth: number): string {
  let tree = forge.treeOf(node("evil", "file", { size: 4, content: [forge.data("evil")] }));
  for (let level = 0; level < depth; level += 1) tree = forge.treeOf(node("d", "dir", { subtree: tree }));
  return tree;
}

/** Trees that claim an id that is not their hash, as a cycle must. */
function cycle(forge: Forge, ids: readonly string[]): string {
  for (const [at, id] of ids.entries()) {
    const next = ids[(at + 1) % ids.length]!;
    const text = `{"nodes":[${node("again", "dir", { subtree: next })}]}\n`;
    forge.blob({ type: "tree", inner: Buffer.from(text), id });
  }
  return ids[0]!;
}

const directories = (names: readonly string[], subtree: string) => names.map((name) => node(name, "dir", { subtree }));

const shapes: HostileCase[] = [
  { name: "a tree that names itself", make: (forge) => forge.snapshot(cycle(forge, ["11".repeat(32)])) },
  {
    name: "two trees that name each other",
    make: (forge) => forge.snapshot(cycle(forge, ["11".repeat(32), "22".repeat(32)])),
  },
  {
    name: "a circle of a hundred trees",
    make: (forge) =>
      forge.snapshot(
        cycle(
          forge,
          Array.from({ length: 100 }, (_, at) => at.toString(16).padStart(2, "0").repeat(32)),
        ),
      ),
  },
  { name: "1,000 levels", make: (forge) => forge.snapshot(deep(forge, 1000)) },
  { name: "10,000 levels", isHeavy: true, make: (forge) => forge.snapshot(deep(forge, 10_000)) },
  {
    name: "one tree under 1,000 names",
    make: (forge) => {
      const names = Array.from({ length: 1000 }, (_, at) => `d${String(at).padStart(5, "0")}`);
      return forge.snapshot(forge.treeOf(...directories(names, forge.treeOf())));
    },
  },
  {
    name: "2^9 paths by nine levels of two names",
    make: (forge) => {
      let tree = forge.treeOf();
      for (let level = 0; level < 9; level += 1) tree = forge.treeOf(...directories(["a", "b"], tree));
      return forge.snapshot(tree);
    },
  },
  {
    name: "2^40 paths to a chunk that nobody has",
    isEndless: true,
    make: (forge) => {
      let tree = forge.treeOf(node("f", "file", { size: 4, content: ["cd".repeat(32)] }));
      for (let level = 0; level < 40; level += 1) tree = forge.treeOf(...directories(["a", "b"], tree));
      return forge.snapshot(tree);
    },
  },
  {
    name: "a million entries",
    isHeavy: true,
    make: (forge) => {
      const nodes = manyItems(1_000_000, (at) => `{"name":"n${1_000_000 + at}","type":"socket"}`);
      return forge.snapshot(forge.tree(Buffer.concat([Buffer.from('{"nodes":['), nodes, Buffer.from("]}\n")])));
    },
  },
  {
    name: "100,000 refused entries",
    isHeavy: true,
    make: (forge) =>
      forge.snapshot(forge.tree(`{"nodes":[${new Array<string>(100_000).fill('{"name":".."}').join()}]}`)),
  },
  {
    name: "500 refused entries of 64 KiB each",
    isHeavy: true,
    make: (forge) => {
      const nodes = Array.from({ length: 500 }, (_, at) => `{"name":"/${at}${"x".repeat(65_536)}","type":"socket"}`);
      return forge.snapshot(forge.tree(`{"nodes":[${nodes.join(",")}]}`));
    },
  },
];

/** A blob that is a hand-made frame. */
function frameBlob(forge: Forge, type: "data" | "tree", frame: Buffer, claimedLength: number, id: string): string {
  return forge.blob({ type, inner: frame, claimedLength, id });
}

const oneFile = (chunk: string, size: number | string = 4) => node("f", "file", { size, content: [chunk] });
const zeros = (blocks: number) => sha256Hex(Buffer.alloc(blocks * 131_072));

const bombs: HostileCase[] = [
  {
    name: "a sound frame made by hand",
    make: (forge) => {
      const frame = repeatingFrame({ blocks: 2, contentSize: 262_144n });
      return forge.snapshot(forge.treeOf(oneFile(frameBlob(forge, "data", frame, 262_144, zeros(2)), 262_144)));
    },
  },
  {
    name: "a frame without content size",
    make: (forge) => {
      const frame = repeatingFrame({ blocks: 2 });
      return forge.snapshot(forge.treeOf(oneFile(frameBlob(forge, "data", frame, 262_144, zeros(2)), 262_144)));
    },
  },
  ...[
    ["a frame that says 2^63 bytes", { blocks: 1, contentSize: 1n << 63n }, 131_072],
    ["a frame that says one byte", { blocks: 1, contentSize: 1n }, 131_072],
    ["a frame that holds more than the index says", { blocks: 8, contentSize: 1_048_576n }, 100],
    ["a frame that holds less than the index says", { blocks: 1, contentSize: 131_072n }, 1_000_000],
    ["a frame that wants a dictionary", { blocks: 1, dictionary: 0xdeadbeef }, 131_072],
  ].map(([name, frame, claimed]): HostileCase => ({
    name: name as string,
    make: (forge) => {
      const made = repeatingFrame(frame as Parameters<typeof repeatingFrame>[0]);
      const { blocks } = frame as { blocks: number };
      return forge.snapshot(forge.treeOf(oneFile(frameBlob(forge, "data", made, claimed as number, zeros(blocks)))));
    },
  })),
  ...(["data", "tree"] as const).flatMap((type): HostileCase[] => [
    {
      name: `${type} of 4 GiB in 128 KiB`,
      isHeavy: true,
      make: (forge) => {
        const frame = repeatingFrame({ blocks: 32_767 });
        const id = frameBlob(forge, type, frame, 32_767 * 131_072, "77".repeat(32));
        return forge.snapshot(type === "tree" ? id : forge.treeOf(oneFile(id)));
      },
    },
    {
      name: `${type} of 4 GiB that is said to be 1 MiB`,
      isHeavy: true,
      make: (forge) => {
        const id = frameBlob(forge, type, repeatingFrame({ blocks: 32_767 }), 1_048_576, "77".repeat(32));
        return forge.snapshot(type === "tree" ? id : forge.treeOf(oneFile(id)));
      },
    },
    {
      name: `${type}: a frame with bytes behind it`,
      make: (forge) => {
        const plain = Buffer.from('{"nodes":[]}\n');
        const frame = Buffer.concat([zstdCompressSync(plain), Buffer.from("behind")]);
        const id = frameBlob(forge, type, frame, plain.length, sha256Hex(plain));
        return forge.snapshot(type === "tree" ? id : forge.treeOf(oneFile(id, plain.length)));
      },
    },
    {
      name: `${type}: two frames, of which the second is too much`,
      make: (forge) => {
        const plain = Buffer.from('{"nodes":[]}\n');
        const frame = Buffer.concat([zstdCompressSync(plain), zstdCompressSync(plain)]);
        const id = frameBlob(forge, type, frame, plain.length, sha256Hex(plain));
        return forge.snapshot(type === "tree" ? id : forge.treeOf(oneFile(id, plain.length)));
      },
    },
    {
      name: `${type}: a frame cut short`,
      make: (forge) => {
        const plain = Buffer.from('{"nodes":[]}\n');
        const id = frameBlob(forge, type, zstdCompressSync(plain).subarray(0, -4), plain.length, sha256Hex(plain));
        return forge.snapshot(type === "tree" ? id : forge.treeOf(oneFile(id, plain.length)));
      },
    },
    {
      name: `${type}: no frame where one is said to be`,
      make: (forge) => {
        const plain = Buffer.from('{"nodes":[]}\n');
        const id = frameBlob(forge, type, plain, plain.length, sha256Hex(plain));
        return forge.snapshot(type === "tree" ? id : forge.treeOf(oneFile(id, plain.length)));
      },
    },
    {
      name: `${type}: an empty frame`,
      make: (forge) => {
        const id = frameBlob(forge, type, zstdCompressSync(Buffer.alloc(0)), 1, sha256Hex(Buffer.alloc(0)));
        return forge.snapshot(type === "tree" ? id : forge.treeOf(oneFile(id, 0)));
      },
    },
  ]),
  {
    name: "eight chunks of 256 MiB each in one file",
    isHeavy: true,
    make: (forge) => {
      const ids = Array.from({ length: 8 }, (_, byte) => {
        const id = `${byte}${byte}`.repeat(32);
        return frameBlob(forge, "data", repeatingFrame({ blocks: 2048, byte }), 268_435_456, id);
      });
      return forge.snapshot(forge.treeOf(node("f", "file", { size: 2_147_483_648, content: ids })));
    },
  },
  {
    name: "200,000 times the empty chunk",
    isHeavy: true,
    make: (forge) => {
      const ids = new Array<string>(200_000).fill(`"${forge.data("")}"`).join(",");
      return forge.snapshot(forge.tree(`{"nodes":[${node("f", "file", { size: 0, content: `=[${ids}]` })}]}\n`));
    },
  },
];

export const shapeCases: readonly HostileCase[] = [...area("shape:", shapes), ...area("bomb:", bombs)];
