import { createHash } from "node:crypto";
import { truncateSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { indexText, manyItems, node, type BlobToPack, type Forge, type ForgedPack, type Listed } from "./forge.ts";
import { area, type HostileCase } from "./hostile-case.ts";

const hash = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");
const one = Buffer.from("first chunk of a file");
const two = Buffer.from("second chunk of a file");
const data = (inner: Uint8Array): BlobToPack => ({ type: "data", inner });

/** A snapshot of one file of two chunks, whose pack and whose index the case decides about. */
function withPack(
  name: string,
  pack: (forge: Forge) => ForgedPack | readonly ForgedPack[],
  index: (packs: readonly ForgedPack[]) => object | string = indexText,
): HostileCase {
  return {
    name,
    make: (forge) => {
      const made = [pack(forge)].flat();
      forge.document("index", index(made));
      return forge.snapshot(twoChunks(forge));
    },
  };
}

function twoChunks(forge: Forge): string {
  return forge.treeOf(node("f", "file", { size: one.length + two.length, content: [hash(one), hash(two)] }));
}

type Changes = NonNullable<Parameters<Forge["pack"]>[1]>;
const changed = (name: string, changes: Changes) =>
  withPack(name, (forge) => forge.pack([data(one), data(two)], changes));
const byte = (at: number, value: number) => (entries: Buffer) => {
  const copy = Buffer.from(entries);
  copy[at] = value;
  return copy;
};
const word = (at: number, value: number) => (entries: Buffer) => {
  const copy = Buffer.from(entries);
  copy.writeUInt32LE(value, at);
  return copy;
};

const packs: HostileCase[] = [
  changed("sound", {}),
  changed("header length 0", { headerLength: () => 0 }),
  changed("header length 31", { headerLength: () => 31 }),
  changed("header length 2^32 - 1", { headerLength: () => 0xffff_ffff }),
  changed("header length 16 MiB + 1", { headerLength: () => 16 * 1024 * 1024 + 1 }),
  changed("header one byte too long", { headerLength: (length) => length + 1 }),
  changed("header one byte too short", { headerLength: (length) => length - 1 }),
  changed("header the whole file", { headerLength: (length) => length + one.length + two.length + 64 }),
  changed("header empty", { header: () => new Uint8Array(0) }),
  changed("header cut in an entry", { header: (entries) => entries.subarray(0, -5) }),
  changed("header with an entry too many", { header: (entries) => Buffer.concat([entries, entries.subarray(0, 37)]) }),
  changed("header with an entry too few", { header: (entries) => entries.subarray(37) }),
  changed("header of 100,000 entries", { header: (entries) => Buffer.concat(new Array<Buffer>(50_000).fill(entries)) }),
  changed("header entries swapped", { header: (e) => Buffer.concat([e.subarray(37), e.subarray(0, 37)]) }),
  changed("header of noise", { header: () => Buffer.alloc(74, 0xa5) }),
  changed("entry type 4", { header: byte(0, 4) }),
  changed("entry type 255", { header: byte(0, 255) }),
  changed("entry says tree", { header: byte(0, 1) }),
  changed("entry says compressed", { header: byte(0, 2) }),
  changed("entry length 0", { header: word(1, 0) }),
  changed("entry length 31", { header: word(1, 31) }),
  changed("entry length 2^32 - 1", { header: word(1, 0xffff_ffff) }),
  changed("entry of another id", { header: byte(10, 0) }),
  changed("a gap before the header", { between: Buffer.alloc(1000) }),
  changed("bytes behind the header length", { behind: Buffer.from("behind") }),
  changed("a second header length behind", { behind: Buffer.of(106, 0, 0, 0) }),
  changed("cut to nothing", { cutTo: 0 }),
  changed("cut to three bytes", { cutTo: 3 }),
  changed("cut in the first blob", { cutTo: 20 }),
  changed("cut in the second blob", { cutTo: 70 }),
  changed("cut before the header length", { cutTo: -4 }),
  withPack("one blob twice in a pack", (forge) => forge.pack([data(one), data(one), data(two)])),
  withPack("data and trees mixed", (forge) =>
    forge.pack([data(one), { type: "tree", inner: Buffer.from("{}") }, data(two)]),
  ),
  withPack("a blob under another's id", (forge) => forge.pack([{ ...data(two), id: hash(one) }, data(two)])),
  withPack("a blob that only claims to be compressed", (forge) =>
    forge.pack([{ ...data(one), claimedLength: one.length }, data(two)]),
  ),
  withPack("an empty pack", (forge) => [forge.pack([data(one), data(two)]), forge.pack([])]),
  {
    name: "a pack that another key sealed",
    make: (forge) => {
      const bytes = Buffer.from(forge.bytes(500));
      const id = forge.put("data", bytes);
      const blobs = [one, two].map((plain, at) => listed(plain, 100 * at));
      forge.index([{ id, blobs }]);
      return forge.snapshot(twoChunks(forge));
    },
  },
  {
    name: "a pack under a name that is not its hash",
    make: (forge) => {
      const pack = forge.pack([data(one), data(two)]);
      const other = "ee".repeat(32);
      forge.putNamed(`data/ee/${other}`, Buffer.concat([forge.seal(one), forge.seal(two)]));
      forge.index([{ id: other, blobs: pack.blobs }]);
      return forge.snapshot(twoChunks(forge));
    },
  },
  {
    name: "a pack of 512 MiB of nothing",
    isHeavy: true,
    make: (forge) => {
      const pack = forge.pack([data(one), data(two)]);
      truncateSync(join(forge.path, "data", pack.id.slice(0, 2), pack.id), 2 ** 29);
      forge.index([pack]);
      return forge.snapshot(twoChunks(forge));
    },
  },
  {
    name: "a blob of 2 GiB in a pack of 512 MiB of nothing",
    isHeavy: true,
    make: (forge) => {
      const pack = forge.pack([data(one), data(two)]);
      truncateSync(join(forge.path, "data", pack.id.slice(0, 2), pack.id), 2 ** 29);
      forge.index([{ id: pack.id, blobs: [{ ...pack.blobs[0]!, length: 2 ** 31 - 1 }, pack.blobs[1]!] }]);
      return forge.snapshot(twoChunks(forge));
    },
  },
];

function listed(plain: Uint8Array, offset: number): Listed {
  return { id: hash(plain), type: "data", offset, length: plain.length + 32, uncompressedLength: 0 };
}

/** A sound pack that the index tells lies about. */
const told = (name: string, change: (pack: ForgedPack) => object | string) =>
  withPack(
    name,
    (forge) => forge.pack([data(one), data(two)]),
    ([pack]) => change(pack!),
  );
const told1 = (name: string, change: Record<string, unknown>) =>
  told(name, (pack) => {
    const [first, ...rest] = pack.blobs.map((blob) => ({ ...blob, uncompressedLength: undefined }));
    return { packs: [{ id: pack.id, blobs: [{ ...first, ...change }, ...rest] }] };
  });
/** As text, for what JavaScript cannot say. */
const toldText = (name: string, from: string, to: string) => told(name, (pack) => indexText([pack]).replace(from, to));

const indexes: HostileCase[] = [
  told("sound", (pack) => indexText([pack])),
  told1("offset 2^32 - 1", { offset: 0xffff_ffff }),
  told1("offset 2^32", { offset: 2 ** 32 }),
  told1("offset beyond the pack", { offset: 1_000_000 }),
  told1("offset one too many", { offset: 1 }),
  told1("offset negative", { offset: -1 }),
  told1("length 0", { length: 0 }),
  told1("length 31", { length: 31 }),
  told1("length one too many", { length: one.length + 33 }),
  told1("length 2^32 - 1", { length: 0xffff_ffff }),
  told1("length 2^32", { length: 2 ** 32 }),
  told1("length negative", { length: -40 }),
  told1("uncompressed length 2^32 - 1", { uncompressed_length: 0xffff_ffff }),
  told1("uncompressed length negative", { uncompressed_length: -1 }),
  told1("type tree", { type: "tree" }),
  told1("type unknown", { type: "\u001b[2J" }),
  told1("type a number", { type: 1 }),
  told1("type missing", { type: undefined }),
  told1("id missing", { id: undefined }),
  told1("id short", { id: "abcd" }),
  told1("id long", { id: "ab".repeat(33) }),
  told1("id upper case", { id: "AB".repeat(32) }),
  told1("id a path", { id: "../".repeat(21) + "a" }),
  told1("offset missing", { offset: undefined }),
  told1("length a string", { length: "53" }),
  told1("an unknown key", { unknown: [{ deep: [1, 2, { x: null }] }] }),
  told1("a key __proto__", JSON.parse('{"__proto__":{"length":1}}')),
  toldText("offset 2^63", '"offset":0', '"offset":9223372036854775808'),
  toldText("offset of 10,000 digits", '"offset":0', `"offset":${"1".repeat(10_000)}`),
  toldText("offset a fraction", '"offset":0', '"offset":0.5'),
  toldText("offset with exponent", '"offset":0', '"offset":0e5'),
  toldText("offset NaN", '"offset":0', '"offset":NaN'),
  told("pack id missing", (pack) => ({ packs: [{ blobs: pack.blobs }] })),
  told("pack id a path", (pack) => ({ packs: [{ id: "../../config", blobs: pack.blobs }] })),
  told("pack id of zeros", (pack) => ({ packs: [{ ...pack, id: "00".repeat(32) }] })),
  told("pack named before its blobs", (pack) => ({ packs: [{ blobs: pack.blobs, id: pack.id }] })),
  told("pack without blobs", (pack) => ({ packs: [{ id: pack.id }] })),
  told("pack with blobs null", (pack) => ({ packs: [{ id: pack.id, blobs: null }] })),
  told("pack named twice, completely", (pack) => indexText([pack, pack])),
  told("pack named twice, one blob each", (pack) =>
    indexText(pack.blobs.map((blob) => ({ id: pack.id, blobs: [blob] }))),
  ),
  told("pack named twice with different places", (pack) =>
    indexText([pack, { id: pack.id, blobs: pack.blobs.map((blob) => ({ ...blob, offset: blob.offset + 1 })) }]),
  ),
  told("pack that does not exist besides", (pack) => indexText([pack, { ...pack, id: "99".repeat(32) }])),
  told("pack that does not exist before", (pack) => indexText([{ ...pack, id: "99".repeat(32) }, pack])),
  told("pack that does not exist only", (pack) => indexText([{ ...pack, id: "99".repeat(32) }])),
  told("blobs that overlap", (pack) =>
    indexText([{ id: pack.id, blobs: pack.blobs.map((blob) => ({ ...blob, offset: 0 })) }]),
  ),
  told("a thousand blobs at one place", (pack) => {
    const blobs = Array.from({ length: 1000 }, (_, at) => ({ ...pack.blobs[0]!, id: hash(Buffer.from(String(at))) }));
    return indexText([{ id: pack.id, blobs: [...pack.blobs, ...blobs] }]);
  }),
  told("30,000 packs whose ids begin alike", (pack) => {
    const ids = Array.from({ length: 30_000 }, (_, at) => at.toString(16).padStart(64, "0"));
    return indexText([...ids.map((id) => ({ id, blobs: [] })), pack]);
  }),
  told("30,000 packs whose ids begin with counting", (pack) => {
    const ids = Array.from({ length: 30_000 }, (_, at) => `0000${at.toString(16).padStart(4, "0")}`.padEnd(64, "0"));
    return indexText([...ids.map((id) => ({ id, blobs: [] })), pack]);
  }),
  told("30,000 blobs whose ids begin alike", (pack) => {
    const blobs = Array.from({ length: 30_000 }, (_, at) => ({
      ...pack.blobs[0]!,
      id: at.toString(16).padStart(64, "0"),
    }));
    return indexText([{ id: pack.id, blobs: [...pack.blobs, ...blobs] }]);
  }),
  told("one blob in 30,000 packs", (pack) => {
    const ids = Array.from({ length: 30_000 }, (_, at) => hash(Buffer.from(String(at))));
    return indexText([...ids.map((id) => ({ id, blobs: [pack.blobs[0]!] })), pack]);
  }),
  told("one blob at 30,000 places of a pack", (pack) => {
    const blobs = Array.from({ length: 30_000 }, (_, at) => ({ ...pack.blobs[0]!, offset: at }));
    return indexText([{ id: pack.id, blobs }]);
  }),
  told("not JSON", () => "{evil"),
  told("nothing behind the brace", () => "{"),
  told("a list, as before version 0.2", () => "[]"),
  told("an empty object", () => "{}"),
  told("packs null", () => '{"packs":null}'),
  told("packs a string", () => '{"packs":"x"}'),
  told("packs of null", () => '{"packs":[null]}'),
  told("something behind the end", (pack) => `${indexText([pack])}{}`),
  told("lists 100,000 deep", () => `{"x":${"[".repeat(100_000)}${"]".repeat(100_000)}}`),
  told("supersedes and packs to delete", (pack) => {
    const { packs: known } = JSON.parse(indexText([pack])) as { packs: object[] };
    return { supersedes: ["ab".repeat(32)], packs: known, packs_to_delete: known };
  }),
  {
    name: "200,000 empty packs",
    isHeavy: true,
    make: (forge) => {
      forge.index([forge.pack([data(one), data(two)])]);
      const empty = manyItems(200_000, (at) => `{"id":"${hash(Buffer.from(String(at)))}"}`);
      forge.compressed("index", zstdCompressSync(Buffer.concat([Buffer.from('{"packs":['), empty, Buffer.from("]}")])));
      return forge.snapshot(twoChunks(forge));
    },
  },
  {
    name: "200,000 blobs that nobody has",
    isHeavy: true,
    make: (forge) => {
      forge.index([forge.pack([data(one), data(two)])]);
      const blobs = manyItems(200_000, (at) => {
        return `{"id":"${hash(Buffer.from(String(at)))}","type":"data","offset":${at},"length":32}`;
      });
      const [head, tail] = [`{"packs":[{"id":"${"99".repeat(32)}","blobs":[`, "]}]}"].map((text) => Buffer.from(text));
      forge.compressed("index", zstdCompressSync(Buffer.concat([head!, blobs, tail!])));
      return forge.snapshot(twoChunks(forge));
    },
  },
];

export const packCases: readonly HostileCase[] = [...area("pack:", packs), ...area("index:", indexes)];
