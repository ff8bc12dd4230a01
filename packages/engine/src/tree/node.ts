import type { BlobId, TreeId } from "../id.ts";
import { zeroTimestamp, type Timestamp } from "./timestamp.ts";

/** What an entry of a directory can be, in restic's words: "dev" is a block device, "chardev" a character device. */
export const nodeTypes = ["file", "dir", "symlink", "dev", "chardev", "fifo", "socket", "irregular"] as const;
export type NodeType = (typeof nodeTypes)[number];

export interface ExtendedAttribute {
  /** Bytes; text by custom. */
  readonly name: Buffer;
  readonly value: Buffer;
}

/** One entry of a directory as a tree records it. Numbers that are 64 bits wide on disk are bigint here. */
export interface TreeNode {
  /** The bytes of the name; never empty, ".", "..", or with "/" or NUL in it once it has been read by `treeNodes`. */
  readonly name: Buffer;
  readonly type: NodeType;
  /** Go's file mode, see mode.ts. */
  readonly mode: number;
  readonly mtime: Timestamp;
  readonly atime: Timestamp;
  readonly ctime: Timestamp;
  readonly uid: number;
  readonly gid: number;
  /** Names of owner and group on the machine that was backed up; empty when it knew none. */
  readonly user: string;
  readonly group: string;
  readonly inode: bigint;
  readonly deviceId: bigint;
  /** Bytes of a file; 0 for everything else. */
  readonly size: bigint;
  /** How many names the file has; 0 where restic does not record it. Names of one file share inode and deviceId. */
  readonly links: bigint;
  /** The bytes a symlink points to; empty for everything else. */
  readonly linkTarget: Buffer;
  /** In the order the system listed them. */
  readonly extendedAttributes: readonly ExtendedAttribute[];
  /** JSON text of what Windows knows beside, kept as it was; empty when there is none. */
  readonly genericAttributes: string;
  /** What a device node stands for, in Linux's encoding; 0 for everything else. */
  readonly device: bigint;
  /** The chunks of a file in order; undefined for everything else. */
  readonly content: readonly BlobId[] | undefined;
  /** The listing of a directory; undefined for everything else. */
  readonly subtree: TreeId | undefined;
  /** Written by old versions of restic for an entry they could not read. */
  readonly error: string;
}

/** A node of which nothing is known but name and type; builders spread it. */
export function bareNode(name: Buffer, type: NodeType): TreeNode {
  return {
    name,
    type,
    mode: 0,
    mtime: zeroTimestamp,
    atime: zeroTimestamp,
    ctime: zeroTimestamp,
    uid: 0,
    gid: 0,
    user: "",
    group: "",
    inode: 0n,
    deviceId: 0n,
    size: 0n,
    links: 0n,
    linkTarget: Buffer.alloc(0),
    extendedAttributes: [],
    genericAttributes: "",
    device: 0n,
    content: undefined,
    subtree: undefined,
    error: "",
  };
}

/** Why a name cannot stand in a directory, in words for a report, or undefined when it can. */
export function nameFault(name: Uint8Array): string | undefined {
  if (name.length === 0) return "an empty name";
  if (name.length === 1 && name[0] === dot) return 'the name "."';
  if (name.length === 2 && name[0] === dot && name[1] === dot) return 'the name ".."';
  if (name.includes(slash)) return "a name with a slash in it";
  if (name.includes(0)) return "a name with a zero byte in it";
  return undefined;
}

const dot = 0x2e;
const slash = 0x2f;
