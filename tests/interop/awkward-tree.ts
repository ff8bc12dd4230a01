import {
  chmodSync,
  closeSync,
  ftruncateSync,
  lchownSync,
  linkSync,
  mkdirSync,
  openSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { createServer } from "node:net";
import { MiB } from "@holdfast/base";
import { native } from "@holdfast/engine";
import { seededRandom } from "@holdfast/testkit";

const isRoot = process.getuid?.() === 0;

/** Names that go wrong where names are taken for text. Bytes, one character each (latin1). */
const oddNames = [
  'quo"te',
  "back\\slash",
  "trailing\\",
  "\\x41",
  "new\nline",
  "tab\tbell\x07\x08\x0b\x0c\r\x1b[31m",
  "delete\x7f",
  "less<more>and&",
  "  spaces  ",
  "-dash",
  "~",
  "...",
  "CON",
  "a:stream",
  "trailing.",
  "\xff\xfe\x80A\xed\xa0\x80\xc0\xaf", // not UTF-8: stray bytes, an encoded surrogate, an overlong slash
  "\xf0\x9f\x98", // cut off
  "\xf4\x90\x80\x80", // beyond U+10FFFF
  "\xef\xbf\xbd", // a genuine U+FFFD
  "\xc3\xa9",
  "e\xcc\x81", // the same letter, decomposed
  "\xc2\xa0",
  "\xc2\xad",
  "\xe2\x80\x8b\xe2\x80\x8e\xe2\x80\xae", // no width, left to right, right to left override
  "\xe2\x80\xa8",
  "\xef\xbb\xbf",
  "\xee\x80\x80", // private use
  "\xf3\xa0\x80\x81",
  "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80", // an emoji with a joiner in it
  "\xcd\xb8", // unassigned
  "\xf4\x8f\xbf\xbf",
  "n".repeat(255),
  "\xe3\x81\x82".repeat(85),
];

/** Code points by the version of Unicode that assigned them; older programs do not agree about these. */
const newerCodePoints = {
  "14.0": 0x61d,
  "15.0": 0x1fae8,
  "15.1": 0x2ebf0,
  "16.0": 0x1c89,
  "17.0": 0x1faea,
} as const;

const large = 8 * MiB;
const sizes = [1, 512 * 1024 - 1, 512 * 1024, 512 * 1024 + 1, large - 1, large + 5_000_000];

/** Nanoseconds since 1970. Summer and winter, before time zones and before 1970, and with every number of digits. */
const times = [
  1_714_532_152_144_560_725n,
  1_704_067_200_000_000_000n,
  1_719_792_000_100_000_000n,
  1_711_846_799_999_999_999n, // the last moment of winter in Europe
  1_711_846_800_000_000_001n,
  1n,
  0n,
  -1n,
  -86_400_000_000_000n,
  -2_000_000_000_123_456_789n, // 1906
  4_000_000_000_987_654_321n, // 2096
];

/**
 * Fills an empty folder with what backups get wrong: names, sizes, kinds, links, modes, owners, attributes, times.
 * What only root can make is there for root only.
 *
 * @param isCurrent false leaves out what programs of before 2023 store differently
 * @returns a function that ends what keeps a socket alive
 */
export async function makeAwkwardTree(folder: string, options: { readonly isCurrent: boolean }): Promise<() => void> {
  const path = (name: string) => Buffer.from(`${folder}/${name}`, "latin1");
  const random = seededRandom(20_266);
  const touched: string[] = [];
  const file = (name: string, content: string | Uint8Array = name, mode = 0o644) => {
    writeFileSync(path(name), content);
    chmodSync(path(name), mode);
    touched.push(name);
  };
  const directory = (name: string, mode = 0o755) => {
    mkdirSync(path(name));
    chmodSync(path(name), mode);
    touched.push(name);
  };
  const link = (name: string, target: string) => {
    symlinkSync(Buffer.from(target, "latin1"), path(name));
    touched.push(name);
  };

  directory("names");
  for (let byte = 1; byte < 256; byte += 1) {
    const name = String.fromCharCode(byte);
    if (name !== "/" && name !== ".") file(`names/${name}`);
  }
  directory("odd");
  for (const name of oddNames) file(`odd/${name}`);
  for (const [version, codePoint] of Object.entries(newerCodePoints)) {
    const isAgreed = options.isCurrent || version > "15.0";
    if (isAgreed) file(`odd/${Buffer.from(String.fromCodePoint(codePoint)).toString("latin1")}`);
  }

  directory("empty", 0o700);
  directory("deep");
  let deep = "deep";
  for (let depth = 0; depth < 12; depth += 1) directory((deep += `/${"d".repeat(100)}`));
  file(`${deep}/bottom`);

  directory("sizes");
  file("sizes/0", "");
  for (const size of sizes) file(`sizes/${size}`, random.bytes(size));
  file("sizes/zeros", new Uint8Array(3 * MiB));
  const sparse = openSync(path("sizes/sparse"), "w");
  ftruncateSync(sparse, 20 * MiB);
  writeSync(sparse, "in the middle", 10 * MiB);
  closeSync(sparse);
  touched.push("sizes/sparse");

  directory("links");
  file("links/one");
  linkSync(path("links/one"), path("links/two"));
  linkSync(path("links/one"), path("empty-not"));
  for (const [at, target] of ["one", "nowhere/at/all", "/", ".", "../links/one", 'a<b>&"c\\d\n\x01', " "].entries()) {
    link(`links/to-${at}`, target);
  }
  if (options.isCurrent) link("links/not-utf8", "\xff/\xfe");

  directory("modes", 0o1777);
  for (const mode of [0o444, 0o600, 0o777, 0o4755, 0o2755, 0o6711, 0o1644])
    file(`modes/${mode.toString(8)}`, "x", mode);
  directory("modes/setgid", 0o2775);
  directory("modes/sticky", 0o1700);
  if (isRoot) file("modes/none", "x", 0);

  native!.makeNode(path("fifo"), 0o010640, 0n);
  chmodSync(path("fifo"), 0o640);
  touched.push("fifo");
  if (isRoot) makeWhatOnlyRootCan(path, file, touched, options);

  const note = { name: Buffer.from("user.note"), value: Buffer.from([0, 255, 10, 34]) };
  file("attributes", "x");
  native!.setAttribute(path("attributes"), Buffer.from("user.z"), Buffer.alloc(0));
  native!.setAttribute(path("attributes"), note.name, note.value);
  native!.setAttribute(path("attributes"), Buffer.from("user.a<&>"), Buffer.alloc(1000, 1));
  native!.setAttribute(path("empty"), note.name, note.value);
  native!.setAttribute(path("attributes"), Buffer.from("system.posix_acl_access"), accessList(1));
  native!.setAttribute(path("deep"), Buffer.from("system.posix_acl_default"), accessList(1));

  // Last, and children before their directories, so that nothing changes a time again.
  for (const [at, name] of touched.toReversed().entries()) {
    native!.setTimes(path(name), times[(at + 3) % times.length]!, times[at % times.length]!);
  }
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(`${folder}/socket`, resolve));
  return () => server.close();
}

function makeWhatOnlyRootCan(
  path: (name: string) => Buffer,
  file: (name: string, content?: string, mode?: number) => void,
  touched: string[],
  options: { readonly isCurrent: boolean },
): void {
  native!.makeNode(path("null"), 0o020666, 0x103n);
  native!.makeNode(path("disk"), 0o060660, 0x45612378n);
  touched.push("null", "disk");
  file("owned-by-nobody");
  lchownSync(path("owned-by-nobody"), 3_999_999_990, 3_999_999_991);
  file("owned-by-daemon", "x", 0o6755);
  lchownSync(path("owned-by-daemon"), 1, 1);
  chmodSync(path("owned-by-daemon"), 0o6755);
  lchownSync(path("links/to-0"), 1, 2);
  file("capable");
  // CAP_NET_BIND_SERVICE, permitted and effective: version 2 of the kernel's structure.
  const capability = Buffer.from("0100000200040000000000000000000000000000", "hex");
  native!.setAttribute(path("capable"), Buffer.from("security.capability"), capability);
  if (options.isCurrent) {
    native!.setAttribute(path("links/to-1"), Buffer.from("trusted.note"), Buffer.from("on the link itself"));
  }
}

/** A POSIX access list as the kernel keeps it: owner, one more user, group, mask, others. @see linux/posix_acl_xattr.h */
function accessList(uid: number): Buffer {
  const undefinedId = 0xffff_ffff;
  const entries = [
    [0x01, 6, undefinedId],
    [0x02, 4, uid],
    [0x04, 4, undefinedId],
    [0x10, 6, undefinedId],
    [0x20, 4, undefinedId],
  ] as const;
  const bytes = Buffer.alloc(4 + entries.length * 8);
  bytes.writeUInt32LE(2);
  for (const [at, [tag, permissions, id]] of entries.entries()) {
    bytes.writeUInt16LE(tag, 4 + at * 8);
    bytes.writeUInt16LE(permissions, 6 + at * 8);
    bytes.writeUInt32LE(id, 8 + at * 8);
  }
  return bytes;
}
