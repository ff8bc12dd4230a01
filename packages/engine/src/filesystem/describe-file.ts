import { readlinkSync } from "node:fs";
import { goModeOf } from "../tree/mode.ts";
import type { ExtendedAttribute, NodeType, TreeNode } from "../tree/node.ts";
import { localTimestamp } from "../tree/timestamp.ts";
import type { FileStats } from "./file-stats.ts";
import type { OwnerNames } from "./owner-names.ts";

const typeMask = 0o170000n;
const nodeTypesOf = new Map<bigint, NodeType>([
  [0o100000n, "file"],
  [0o040000n, "dir"],
  [0o120000n, "symlink"],
  [0o060000n, "dev"],
  [0o020000n, "chardev"],
  [0o010000n, "fifo"],
  [0o140000n, "socket"],
]);

/** What a file of these statistics is called in a tree. */
export function nodeTypeOf(stats: FileStats): NodeType {
  return nodeTypesOf.get(stats.mode & typeMask) ?? "irregular";
}

/**
 * The node that restic would record for a file, without what it contains: content, subtree and link target are the
 * caller's. Unless `withAtime`, the access time is the modification time, as restic records it by default, so that
 * reading a file does not change its directory's listing.
 */
export function describeFile(
  name: Buffer,
  stats: FileStats,
  owners: OwnerNames,
  extendedAttributes: readonly ExtendedAttribute[],
  withAtime = false,
): TreeNode {
  const type = nodeTypeOf(stats);
  const mtime = localTimestamp(stats.mtimeNs);
  const hasLinks = type === "file" || type === "symlink" || type === "dev" || type === "chardev";
  return {
    name,
    type,
    mode: goModeOf(Number(stats.mode)),
    mtime,
    atime: withAtime ? localTimestamp(stats.atimeNs) : mtime,
    ctime: stats.ctimeNs === stats.mtimeNs ? mtime : localTimestamp(stats.ctimeNs),
    uid: Number(stats.uid),
    gid: Number(stats.gid),
    user: owners.user(Number(stats.uid)),
    group: owners.group(Number(stats.gid)),
    inode: unsigned(stats.ino),
    deviceId: unsigned(stats.dev),
    size: type === "file" ? unsigned(stats.size) : 0n,
    links: hasLinks ? unsigned(stats.nlink) : 0n,
    device: type === "dev" || type === "chardev" ? unsigned(stats.rdev) : 0n,
    linkTarget: nothing,
    extendedAttributes,
    genericAttributes: "",
    content: undefined,
    subtree: undefined,
    error: "",
  };
}

const nothing = Buffer.alloc(0);

/** Where a symlink points, as bytes. @throws the system's error */
export function linkTargetOf(path: Buffer): Buffer {
  return readlinkSync(path, { encoding: "buffer" });
}

/** Node.js hands 64-bit fields out signed. */
function unsigned(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}
