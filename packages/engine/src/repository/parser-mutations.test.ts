import { HoldfastError } from "@holdfast/base";
import { seededRandom, type SeededRandom } from "@holdfast/testkit";
import { afterAll, expect, test } from "vitest";
import { createKeyFile, parseKeyFile, serialiseKeyFile } from "../crypto/key-file.ts";
import { MasterKey, parseMasterKey, serialiseMasterKey } from "../crypto/master-key.ts";
import type { Id } from "../id.ts";
import { serialiseIndexFile } from "../index/index-file.ts";
import { RepositoryIndex } from "../index/repository-index.ts";
import { parseHeaderLength, parsePackHeader, serialisePackHeader, type PackedBlob } from "../pack/pack-header.ts";
import { parseSnapshot } from "../snapshot/snapshot.ts";
import { treeNodes } from "../tree/tree-reader.ts";
import { parseConfig } from "./config.ts";
import { parseLockFile } from "./lock-file.ts";
import { testKdf } from "./repository-fixture.ts";

/** Everything that comes from a repository is parsed from bytes that others may have written. */
const seed = 20_260_101;
const rounds = 6000;
const random = seededRandom(seed);
let iterations = 0;

/** A few changes of a few bytes each, of the kinds that parsers trip over. */
function mutated(bytes: Uint8Array, chance: SeededRandom): Uint8Array {
  let changed = Buffer.from(bytes);
  for (let changes = 1 + chance.below(4); changes > 0; changes -= 1) {
    const at = chance.below(changed.length + 1);
    const length = chance.below(8);
    const [before, after] = [changed.subarray(0, at), changed.subarray(at)];
    const piece = chance.pick([
      Buffer.from(chance.bytes(length)),
      Buffer.from(chance.pick(morsels)),
      Buffer.from(changed.subarray(chance.below(changed.length + 1)).subarray(0, 40)),
    ]);
    const cut = chance.pick([0, length, piece.length]);
    changed = Buffer.concat([before, piece, after.subarray(cut)]);
    if (chance.below(20) === 0) changed = changed.subarray(0, chance.below(changed.length + 1));
  }
  return changed;
}

const morsels = [
  "null", "true", "-1", "1e999", "9223372036854775808", "18446744073709551616", "0.5", '""', "[]", "{}", "[[[[", "}}", ",", ":", '"', "\\",
  "\\u0000", "\\ud800", "\\x2f", "..", "/", "\u0000", "\u001b[2J", '"__proto__":', "\ufeff", "\xff",
] as const; // prettier-ignore

/**
 * @param parse may throw what a parser of its kind throws; the caller above it gives that a code
 * @param isOurs whether what was thrown is such
 */
function fuzz(samples: readonly Uint8Array[], parse: (bytes: Uint8Array) => void, isOurs: (error: unknown) => boolean) {
  for (const sample of samples) parse(sample); // what is mutated is sound to begin with
  for (let round = 0; round < rounds; round += 1) {
    iterations += 1;
    const bytes = mutated(samples[random.below(samples.length)]!, random);
    try {
      parse(bytes);
    } catch (error) {
      if (!isOurs(error)) throw new Error(`seed ${seed}: ${Buffer.from(bytes).toString("base64")}`, { cause: error });
    }
  }
}

const isExpected = (error: unknown) => error instanceof HoldfastError;
/** Some parsers throw plain errors of their own, which their caller turns into one with a code; never a TypeError. */
const isPlain = (error: unknown) =>
  isExpected(error) ||
  (error instanceof Error && ["Error", "SyntaxError"].includes(error.constructor.name)) ||
  isFault(error);
const isFault = (error: unknown) => error instanceof Error && error.constructor.name === "JsonFault";

const id = (digit: string) => digit.repeat(64) as Id;
const blobs: PackedBlob[] = [
  { type: "data", id: id("a"), offset: 0, length: 100, uncompressedLength: 0 },
  { type: "tree", id: id("b"), offset: 100, length: 200, uncompressedLength: 900 },
];

test(`a directory's listing (seed ${seed})`, () => {
  const time = "2026-01-01T00:00:00.123456789+01:00";
  const node = (name: string, type: string, more: object) => {
    const times = { mtime: time, atime: time, ctime: time };
    return { name, type, mode: 420, ...times, uid: 1, gid: 1, user: "u", inode: 7, links: 2, ...more };
  };
  const tree = {
    nodes: [
      node("a\\x2fb", "file", { size: 4, content: [id("a"), id("b")] }),
      node("b", "dir", { subtree: id("c"), content: null, generic_attributes: { x: { y: [1, 2] } } }),
      node("c", "symlink", {
        linktarget: "../x",
        linktarget_raw: "AAEC",
        extended_attributes: [{ name: "user.a", value: "QQ==" }],
      }),
    ],
  };
  const { nodes } = tree;
  const safe = [nodes[1]!, nodes[2]!, { ...nodes[0]!, name: "d" }];
  const samples = [tree, { nodes: safe }, { nodes: [] }].map((each) => Buffer.from(JSON.stringify(each)));
  fuzz(
    samples,
    (bytes) => {
      for (const { name } of treeNodes(bytes, () => {})) {
        const isSafe =
          name.length > 0 && !name.includes("/") && !name.includes(0) && ![".", ".."].includes(String(name));
        expect(isSafe).toBe(true);
      }
    },
    isExpected,
  );
});

test(`an index file (seed ${seed})`, () => {
  const samples = [serialiseIndexFile([{ id: id("c"), blobs }, { id: id("d"), blobs: [blobs[0]!] }]), Buffer.from('{"packs":[]}')]; // prettier-ignore
  fuzz(samples, (bytes) => new RepositoryIndex().addIndexFile(bytes, 2), isPlain);
});

test(`a pack's header and its length (seed ${seed})`, () => {
  const header = serialisePackHeader(blobs);
  fuzz([header, header.subarray(0, 37)], (bytes) => void parsePackHeader(bytes), isPlain);
  fuzz(
    [Buffer.concat([Buffer.alloc(200), Buffer.of(100, 0, 0, 0)])],
    (bytes) => {
      const length = parseHeaderLength(bytes.length < 4 ? Buffer.alloc(4) : bytes, bytes.length);
      expect(length).toBeLessThanOrEqual(bytes.length);
    },
    isPlain,
  );
});

test(`a snapshot (seed ${seed})`, () => {
  const snapshot = {
    time: "2026-01-01T00:00:00Z",
    parent: id("a"),
    tree: id("b"),
    paths: ["/a"],
    hostname: "h",
    username: "u",
    uid: 1,
    tags: ["x"],
    summary: { files_new: 3, backup_start: "2026-01-01T00:00:00Z", more: [1] },
    label: { deep: [null] },
  };
  fuzz([Buffer.from(JSON.stringify(snapshot))], (bytes) => void parseSnapshot(bytes), isExpected);
});

test(`a config and a lock (seed ${seed})`, () => {
  const config = { version: 2, id: id("a"), chunker_polynomial: "3da3358b4dc173" };
  fuzz([Buffer.from(JSON.stringify(config))], (bytes) => void parseConfig(bytes), isExpected);
  const lock = {
    time: "2026-01-01T00:00:00Z",
    exclusive: true,
    hostname: "h",
    username: "u",
    pid: 7,
    process_space: "p",
  };
  fuzz([Buffer.from(JSON.stringify(lock))], (bytes) => void parseLockFile(bytes), isPlain);
});

test(`a key file and a master key (seed ${seed})`, async () => {
  const key = MasterKey.generate(random);
  const about = { created: "2026-01-01T00:00:00Z", username: "u", hostname: "h", kdf: testKdf };
  const file = serialiseKeyFile(await createKeyFile(key, "password", about, random));
  fuzz([file], (bytes) => void parseKeyFile(bytes), isExpected);
  fuzz([serialiseMasterKey(key)], (bytes) => void parseMasterKey(bytes), isPlain);
});

afterAll(() => {
  process.stderr.write(`parsers: ${iterations} mutated inputs\n`);
});
