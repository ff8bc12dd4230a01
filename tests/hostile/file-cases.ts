import { truncateSync } from "node:fs";
import { join } from "node:path";
import { zstdCompressSync } from "node:zlib";
import { config, json, masterJson, node, repeatingFrame, type Folder, type Forge } from "./forge.ts";
import { area, variants, type HostileCase } from "./hostile-case.ts";
import { rawKey } from "./sealing.ts";

type Members = Readonly<Record<string, unknown>>;

function smallTree(forge: Forge): string {
  return forge.treeOf(node("f", "file", { size: 4, content: [forge.data("evil")] }));
}

const control = "\u001b[2J\u001b]0;pwned\u0007\r\n\u202e\u009b";

const snapshotMembers = variants<(forge: Forge) => Members>(
  {
    "tree missing": () => ({ tree: undefined }),
    "tree null": () => ({ tree: null }),
    "tree a number": () => ({ tree: 7 }),
    "tree a path": () => ({ tree: "../../config" }),
    "tree of zeros": () => ({ tree: "00".repeat(32) }),
    "tree that nobody has": () => ({ tree: "cd".repeat(32) }),
    "tree that is a data blob": (forge) => {
      const tree = forge.data('{"nodes":[]}');
      forge.flush();
      return { tree };
    },
    "tree in upper case": (forge) => ({ tree: smallTree(forge).toUpperCase() }),
    "time missing": () => ({ time: undefined }),
    "time a number": () => ({ time: 7 }),
    "time empty": () => ({ time: "" }),
    "time of control characters": () => ({ time: control }),
    "year 0": () => ({ time: "0000-01-01T00:00:00Z" }),
    "year 9999": () => ({ time: "9999-12-31T23:59:59.999999999Z" }),
    "year 10000": () => ({ time: "10000-01-01T00:00:00Z" }),
    "30 February": () => ({ time: "2026-02-30T00:00:00Z" }),
    "time of a million digits": () => ({ time: `2026-01-02T00:00:00.${"9".repeat(1_000_000)}Z` }),
    "paths missing": () => ({ paths: undefined }),
    "paths null": () => ({ paths: null }),
    "paths a string": () => ({ paths: "/" }),
    "paths of numbers": () => ({ paths: [1, 2] }),
    "paths of control characters": () => ({ paths: [control, "/a\nholdfast: FORGED: line"] }),
    "paths of a megabyte": () => ({ paths: ["/".padEnd(1_000_000, "p")] }),
    "100,000 paths": () => ({ paths: Array.from({ length: 100_000 }, (_, at) => `/p${at}`) }),
    "host of control characters": () => ({ hostname: control, username: control }),
    "host a number": () => ({ hostname: 7 }),
    "tags of control characters": () => ({ tags: [control, "a,b", ""] }),
    "tags an object": () => ({ tags: {} }),
    "100,000 tags": () => ({ tags: new Array(100_000).fill("t") }),
    "excludes of control characters": () => ({ excludes: [control] }),
    "uid negative": () => ({ uid: -1 }),
    "uid 2^32": () => ({ uid: 2 ** 32 }),
    "uid 2^64": () => ({ uid: 2 ** 64 }),
    "parent a path": () => ({ parent: "../../x" }),
    "parent that nobody has": () => ({ parent: "cd".repeat(32) }),
    "original of control characters": () => ({ original: control }),
    "program version of control characters": () => ({ program_version: control }),
    "summary a string": () => ({ summary: "x" }),
    "summary of huge numbers": () => ({ summary: { total_bytes_processed: 1e300, files_new: 2 ** 53 } }),
    "summary of the largest numbers": () => ({
      summary: { total_bytes_processed: 2 ** 53 - 1, total_files_processed: 2 ** 53 - 1 },
    }),
    "summary negative": () => ({ summary: { files_new: -1 } }),
    "unknown keys": () => ({ label: control, description: "x".repeat(10_000), delete: { after: "now" } }),
    "a key __proto__": () => JSON.parse('{"__proto__":{"time":"x"},"constructor":{"prototype":{}}}') as Members,
  },
  (forge, members) => forge.snapshot(smallTree(forge), members(forge)),
);

/** The text of a whole snapshot, index or lock file that is none. */
const noDocuments = {
  empty: "",
  "not JSON": "{evil",
  "a list": "[]",
  "an empty object": "{}",
  "a number": "{7}",
  "a byte that is no mark": "\u0001{}",
  "lists 100,000 deep": "[".repeat(100_000),
  "objects 100,000 deep": '{"a":'.repeat(100_000),
  twice: '{"time":"2026-01-01T00:00:00Z"}{}',
  "control characters": '{"time":"\u001b[2J"}',
} as const;

const frames = {
  "a frame cut short": zstdCompressSync(Buffer.from("{}")).subarray(0, -3),
  "no frame": Buffer.from("evil"),
  "a frame of 4 GiB": repeatingFrame({ blocks: 32_767, byte: 0x20 }),
  "a frame that says 2^63 bytes": repeatingFrame({ blocks: 1, contentSize: 1n << 63n, byte: 0x20 }),
  "a frame that wants a dictionary": repeatingFrame({ blocks: 1, dictionary: 7 }),
} as const;

function documents(folder: "snapshots" | "index" | "locks"): HostileCase[] {
  return [
    ...variants(noDocuments, (forge, text) => void forge.document(folder, Buffer.from(text))),
    ...Object.entries(frames).map(([name, frame]): HostileCase => ({
      name,
      isHeavy: name.includes("GiB"),
      make: (forge) => void forge.compressed(folder, frame),
    })),
    { name: "noise", make: (forge) => void forge.put(folder, forge.bytes(1000)) },
    { name: "no bytes", make: (forge) => void forge.put(folder, Buffer.alloc(0)) },
    { name: "31 bytes", make: (forge) => void forge.put(folder, forge.bytes(31)) },
    {
      name: "another file's name",
      make: (forge) => forge.putNamed(`${folder}/${"ab".repeat(32)}`, forge.seal(json("{}"))),
    },
    {
      name: "3 GiB of nothing",
      isHeavy: true,
      make: (forge) => {
        forge.putNamed(`${folder}/${"cd".repeat(32)}`, "");
        truncateSync(join(forge.path, folder, "cd".repeat(32)), 3 * 2 ** 30);
      },
    },
  ];
}

const locks = variants<Members>(
  {
    "of an hour ahead": { time: new Date(Date.now() + 3_600_000).toISOString() },
    "of the year 9999": { time: "9999-12-31T23:59:59Z", exclusive: true },
    "of the year 0": { time: "0000-01-01T00:00:00Z", exclusive: true },
    "of control characters": { hostname: control, username: control, exclusive: true },
    "of a host of a megabyte": { hostname: "h".repeat(1_000_000), exclusive: true },
    "with a time of a million digits": { time: `2999-01-02T00:00:00.${"9".repeat(1_000_000)}Z`, exclusive: true },
    "with a process id of 2^63": { pid: 2 ** 63, exclusive: true },
    "with a process id of 0": { pid: 0, exclusive: true },
    "with a process id of -1": { pid: -1, exclusive: true },
    "with a process id that is a string": { pid: "1", exclusive: true },
    "with a process space of control characters": { process_space: control, exclusive: true },
    "neither shared nor exclusive": { exclusive: null },
    "without time": { time: undefined },
  },
  (forge, members) => {
    const usual = { time: new Date().toISOString(), exclusive: false, hostname: "there", username: "u", pid: 1 };
    forge.document("locks", { ...usual, ...members });
  },
);

const configs = variants<object | string | Uint8Array>(
  {
    "version 0": { ...config, version: 0 },
    "version 3": { ...config, version: 3 },
    "version 2^53": { ...config, version: 2 ** 53 },
    "version a string": { ...config, version: "2" },
    "version missing": { ...config, version: undefined },
    "a reducible polynomial": { ...config, chunker_polynomial: "38f1e565e288df" },
    "a polynomial of degree 1": { ...config, chunker_polynomial: "3" },
    "a polynomial of degree 52": { ...config, chunker_polynomial: "1a8295b9d5c91b" },
    "a polynomial of degree 63": { ...config, chunker_polynomial: "f".repeat(16) },
    "a polynomial of zero": { ...config, chunker_polynomial: "0" },
    "a polynomial of a megabyte": { ...config, chunker_polynomial: "f".repeat(1_000_000) },
    "a polynomial with 0x": { ...config, chunker_polynomial: "0x3da3358b4dc173" },
    "a polynomial that is a number": { ...config, chunker_polynomial: 7 },
    "an id that is a path": { ...config, id: "../../../../tmp/evil" },
    "an id that is short": { ...config, id: "ab" },
    "no id": { ...config, id: undefined },
    "unknown keys": { ...config, chunker: "FixedSize", append_only: true, is_hot: true },
    "a key __proto__": '{"__proto__":{"version":2},"version":2}',
    "a list": "[]",
    null: "null",
    "not JSON": "{",
    "lists 100,000 deep": "[".repeat(100_000),
    "100 MiB of white space": Buffer.alloc(10 * 2 ** 20, 0x20),
    empty: "",
  },
  (forge, value) => {
    if (value instanceof Uint8Array) forge.putNamed("config", value);
    else forge.putNamed("config", forge.seal(json(value)));
  },
);

const keyMembers = variants<Members>(
  {
    "N 2^30": { N: 2 ** 30, r: 8, p: 1 },
    "100 GB of memory": { N: 2 ** 20, r: 800, p: 1 },
    "r 2^30": { N: 2, r: 2 ** 30, p: 1 },
    "p 2^30": { N: 2, r: 1, p: 2 ** 30 },
    "p 2^31": { N: 2, r: 8, p: 2 ** 31 },
    "N 3": { N: 3 },
    "N 1": { N: 1 },
    "N 0": { N: 0 },
    "N negative": { N: -2 },
    "N a fraction": { N: 2.5 },
    "N a string": { N: "2" },
    "N 2^53": { N: 2 ** 53 },
    "N missing": { N: undefined },
    "r 0": { r: 0 },
    "p 0": { p: 0 },
    "kdf argon2": { kdf: "argon2id" },
    "kdf missing": { kdf: undefined },
    "kdf __proto__": { kdf: "__proto__" },
    "salt empty": { salt: "" },
    "salt of 63 bytes": { salt: Buffer.alloc(63).toString("base64") },
    "salt of a megabyte": { salt: Buffer.alloc(1_000_000).toString("base64") },
    "salt not base64": { salt: "!!!!" },
    "salt a number": { salt: 7 },
    "data empty": { data: "" },
    "data of 31 bytes": { data: Buffer.alloc(31).toString("base64") },
    "data missing": { data: undefined },
    "created of control characters": { created: control, username: control, hostname: control },
  },
  (forge, members) => void forge.put("keys", json(forge.keyFile(members))),
);

const masters = variants<(forge: Forge) => Uint8Array>(
  {
    "a master key that is no JSON": () => json("{"),
    "a master key of null": () => json("null"),
    "a master key of other parts": () => json('{"mac":7,"encrypt":[]}'),
    "a master key of zeros": () => masterJson(rawKey(new Uint8Array(64))),
    "a master key too short": () => json('{"mac":{"k":"AA==","r":"AA=="},"encrypt":"AA=="}'),
    "another repository's master key": (forge) => masterJson(rawKey(forge.bytes(64))),
  },
  (forge, master) => void forge.put("keys", json(forge.keyFile({}, master(forge)))),
);

const keyFiles: HostileCase[] = [
  ...variants(
    { empty: "", "not JSON": "{", null: "null", "a list": "[]", "lists 100,000 deep": "[".repeat(100_000) },
    (forge, text) => void forge.put("keys", Buffer.from(text)),
  ),
  {
    name: "__proto__ in a key file",
    make: (forge) => void forge.put("keys", Buffer.from('{"__proto__":{"kdf":"scrypt","N":2},"constructor":{}}')),
  },
  {
    name: "a hundred keys of other passwords",
    make: (forge) => {
      for (let at = 0; at < 100; at += 1)
        forge.put("keys", json(forge.keyFile({ data: forge.seal(Buffer.alloc(64)).toString("base64") })));
    },
  },
  {
    name: "3 GiB of nothing",
    isHeavy: true,
    make: (forge) => {
      forge.putNamed(`keys/${"cd".repeat(32)}`, "");
      truncateSync(join(forge.path, "keys", "cd".repeat(32)), 3 * 2 ** 30);
    },
  },
];

/** Names in the folders of a repository that are not ids. */
const foreignNames: HostileCase[] = (["keys", "snapshots", "index", "locks", "data/ab"] as const).flatMap((folder) =>
  variants(
    {
      "upper case": "AB".repeat(32),
      "63 digits": "a".repeat(63),
      "65 digits": "a".repeat(65),
      "control characters": "\u001b[2J",
      "a temporary file": `${"ab".repeat(32)}-tmp-1`,
    },
    (forge, name) => forge.putNamed(`${folder}/${name}`, "evil"),
  ).map((each) => ({ ...each, name: `${folder as Folder | "data/ab"} holding ${each.name}` })),
);

export const fileCases: readonly HostileCase[] = [
  ...area("snapshot with", snapshotMembers),
  ...area("snapshot file:", documents("snapshots")),
  ...area("index file:", documents("index")),
  ...area("lock file:", documents("locks")).map((each) => ({ ...each, isAboutLocks: true })),
  ...area("lock", locks).map((each) => ({ ...each, isAboutLocks: true })),
  ...area("config:", configs),
  ...area("key file with", keyMembers),
  ...area("key file with", masters),
  ...area("key file:", keyFiles),
  ...area("listing:", foreignNames),
];
