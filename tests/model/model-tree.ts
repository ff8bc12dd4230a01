import { seededRandom, type SeededRandom } from "@holdfast/testkit";
import type { ExtendedAttribute, NodeType } from "@holdfast/engine";

/** What a test knows about one entry that was backed up: everything a restore must give back. */
export interface ModelEntry {
  readonly type: NodeType;
  /** Permission bits and setuid, setgid, sticky, as Go writes them. */
  readonly mode: number;
  readonly mtimeNs: bigint;
  readonly uid: number;
  readonly gid: number;
  readonly user: string;
  readonly group: string;
  readonly attributes: readonly ExtendedAttribute[];
  /** Bytes of a file, empty for everything else. */
  readonly content: Uint8Array;
  readonly linkTarget: Buffer;
  readonly device: bigint;
  /** Names of one file share it; 0 for what has one name. */
  readonly inode: bigint;
  /** Entries of a directory by their names' bytes, one character each (latin1); undefined for everything else. */
  readonly children: ReadonlyMap<string, ModelEntry> | undefined;
}

/** A directory as it was at one time. */
export type ModelTree = ReadonlyMap<string, ModelEntry>;

export interface TreeShape {
  readonly directories: number;
  readonly files: number;
  readonly fileBytesMax: number;
}

/** Small, and with one of each thing that can be kept. */
const smallShape: TreeShape = { directories: 2, files: 9, fileBytesMax: 1500 };

const someTimeNs = 1_767_225_600_000_000_000n;
const [setuid, setgid, sticky, directoryBit, symlinkBit, fifoBit] = [1 << 23, 1 << 22, 1 << 20, 2 ** 31, 1 << 27, 1 << 25]; // prettier-ignore
/** Names that programs stumble over: not UTF-8, control characters, quotes, what looks like a path. */
const awkwardNames = [
  "\xff\xfe",
  "new\nline",
  'quo"te\\',
  "\x1b[31m",
  "..a",
  " ",
  "caf\xc3\xa9",
  "tab\t",
  "-r",
] as const;

/** A tree from a seed: the same seed and shape give the same bytes everywhere. */
export function seededTree(seed: number | string, shape: TreeShape = smallShape): ModelTree {
  const random = seededRandom(`tree ${seed}`);
  const root = new Map<string, ModelEntry>();
  const directories = [root];
  for (let count = 0; count < shape.directories; count += 1) {
    const children = new Map<string, ModelEntry>();
    const above = directories[random.below(directories.length)]!;
    above.set(`${newName(random)} d${count}`, { ...anyEntry(random, "dir"), children });
    directories.push(children);
  }
  const place = (name: string, entry: ModelEntry) => directories[random.below(directories.length)]!.set(name, entry);
  for (let count = 0; count < shape.files; count += 1)
    place(`${newName(random)} f${count}`, fileEntry(random, random.below(shape.fileBytesMax)));
  place("empty", fileEntry(random, 0));
  const linked = { ...fileEntry(random, 100), inode: 7n };
  place("linked once", linked);
  place("linked twice", linked);
  place("link", { ...anyEntry(random, "symlink"), linkTarget: Buffer.from("../\xff away", "latin1") });
  place("fifo", anyEntry(random, "fifo"));
  place("device", { ...anyEntry(random, "chardev"), device: 0x103n });
  return root;
}

/** The tree some time later: files changed, added and removed. Most of it stays, as most of a disk does. */
export function changedTree(tree: ModelTree, seed: number | string): ModelTree {
  const random = seededRandom(`change ${seed}`);
  const changed = new Map<string, ModelEntry>();
  for (const [name, entry] of tree) {
    const fate = random.below(10);
    if (entry.children !== undefined)
      changed.set(name, { ...entry, children: changedTree(entry.children, `${seed}/${name}`) }); // prettier-ignore
    else if (fate === 0 && tree.size > 2) continue;
    else if (fate <= 3 && entry.type === "file" && entry.inode === 0n)
      changed.set(name, fileEntry(random, 1 + random.below(1500))); // prettier-ignore
    else changed.set(name, entry);
  }
  changed.set(`${newName(random)} new ${random.below(1_000_000)}`, fileEntry(random, 1 + random.below(1500)));
  return changed;
}

function fileEntry(random: SeededRandom, sizeBytes: number): ModelEntry {
  // Half of the files compress, half do not.
  const content =
    random.below(2) === 0 ? random.bytes(sizeBytes) : Buffer.alloc(sizeBytes, `line ${random.below(99)}\n`);
  return { ...anyEntry(random, "file"), content };
}

function anyEntry(random: SeededRandom, type: NodeType): ModelEntry {
  const special = random.pick([0, 0, 0, setuid, setgid, sticky] as const);
  const bits = type === "dir" ? directoryBit : type === "symlink" ? symlinkBit : type === "fifo" ? fifoBit : 0;
  const value = Buffer.from(random.bytes(random.below(20)));
  return {
    type,
    mode: bits + special + (type === "symlink" ? 0o777 : 0o400 + random.below(0o400)),
    mtimeNs: someTimeNs + BigInt(random.below(2 ** 32)) * 1_000_003n,
    uid: random.below(70_000),
    gid: random.below(70_000),
    user: random.pick(["", "root", "Ünï"] as const),
    group: random.pick(["", "wheel"] as const),
    attributes: random.below(4) === 0 ? [{ name: Buffer.from("user.note"), value }] : [],
    content: new Uint8Array(0),
    linkTarget: Buffer.alloc(0),
    device: 0n,
    inode: 0n,
    children: type === "dir" ? new Map() : undefined,
  };
}

function newName(random: SeededRandom): string {
  return random.below(3) === 0 ? random.pick(awkwardNames) : `name-${random.below(1000)}`;
}
