import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  fstatSync,
  lchownSync,
  lutimesSync,
  openSync,
} from "node:fs";
import { systemCodeOf } from "@holdfast/base";
import { writeAttributes } from "../filesystem/extended-attributes.ts";
import { native } from "../filesystem/native.ts";
import { nodeTypeOf } from "../filesystem/describe-file.ts";
import { permissionsOf } from "../tree/mode.ts";
import type { TreeNode } from "../tree/node.ts";

/** What a restore by an ordinary user cannot set, as the system allows it to root alone. */
export interface WithheldMetadata {
  /** Entries that belong to whoever restored instead of their owner. */
  owners: number;
  /** Entries that lack extended attributes. */
  attributes: number;
}

/** How to reach one entry for each kind of change, without following a symlink that may have taken its place. */
interface Reach {
  readonly path: Buffer;
  chown(uid: number, gid: number): void;
  chmod(mode: number): void;
  owner(): { uid: number; gid: number };
}

const isRoot = process.geteuid?.() === 0;

/** A file that is open for writing. */
export function writeFileMetadata(fd: number, path: Buffer, node: TreeNode, withheld: WithheldMetadata): void {
  writeMetadata({ path, ...reachByHandle(fd) }, node, withheld);
}

/** A directory that is held open; `selfPath` leads into it. */
export function writeDirectoryMetadata(selfPath: Buffer, node: TreeNode, withheld: WithheldMetadata): void {
  const fd = openSync(selfPath, constants.O_RDONLY | constants.O_DIRECTORY | openPlace);
  try {
    writeMetadata({ path: selfPath, ...reachByPlace(fd, selfPath) }, node, withheld);
  } finally {
    closeSync(fd);
  }
}

/** Anything by its path. @throws when something else than the node says is there now */
export function writeEntryMetadata(path: Buffer, node: TreeNode, withheld: WithheldMetadata): void {
  if (node.type === "symlink") {
    const chown = (uid: number, gid: number) => lchownSync(path, uid, gid);
    // A symlink has no mode of its own, and its owner gives nobody any right.
    return writeMetadata({ path, chown, chmod: () => {}, owner: () => node }, node, withheld);
  }
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK | openPlace);
  try {
    if (nodeTypeOf(fstatSync(fd, { bigint: true })) !== node.type) {
      throw Object.assign(new Error("EEXIST: it was replaced while it was restored"), { code: "EEXIST" });
    }
    writeMetadata({ path, ...reachByPlace(fd, path) }, node, withheld);
  } finally {
    closeSync(fd);
  }
}

// Linux: a handle that names a place without opening what is there, which a device must not be.
const openPlace = process.platform === "linux" ? 0o10000000 : 0;

function reachByHandle(fd: number): Omit<Reach, "path"> {
  return {
    chown: (uid, gid) => fchownSync(fd, uid, gid),
    chmod: (mode) => fchmodSync(fd, mode),
    owner: () => fstatSync(fd),
  };
}

function reachByPlace(fd: number, path: Buffer): Omit<Reach, "path"> {
  if (openPlace === 0) return reachByHandle(fd);
  // Such a handle takes no changes itself, but /proc leads from it to the very thing; without /proc the path must do.
  const through = Buffer.from(`/proc/self/fd/${fd}`);
  const changing = (change: (target: Buffer) => void) => {
    try {
      change(through);
    } catch (error) {
      if (systemCodeOf(error) !== "ENOENT") throw error;
      change(path);
    }
  };
  return {
    chown: (uid, gid) => changing((target) => chownSync(target, uid, gid)),
    chmod: (mode) => changing((target) => chmodSync(target, mode)),
    owner: () => fstatSync(fd),
  };
}

/**
 * Owner, attributes, times, then mode: changing the owner takes setuid away, a read-only file takes no attributes, and
 * nothing after the times changes them. All are tried, whatever fails.
 * @throws the system's first error; for an ordinary user not the ones that are root's privilege, which are counted
 */
function writeMetadata(reach: Reach, node: TreeNode, withheld: WithheldMetadata): void {
  const failures: unknown[] = [];
  const attempt = (change: () => void, counted?: keyof WithheldMetadata) => {
    try {
      change();
    } catch (error) {
      const code = systemCodeOf(error);
      if (!isRoot && counted !== undefined && (code === "EPERM" || code === "EACCES")) withheld[counted] += 1;
      else failures.push(error);
    }
  };
  attempt(() => chownIfNeeded(reach, node), "owners");
  attempt(() => writeAttributes(reach.path, node.extendedAttributes), "attributes");
  attempt(() => writeTimes(reach.path, node));
  attempt(() => reach.chmod(modeFor(node, reach.owner())));
  if (failures.length > 0) throw failures[0];
}

function chownIfNeeded(reach: Reach, node: TreeNode): void {
  if (node.type !== "symlink") {
    const { uid, gid } = reach.owner();
    if (uid === node.uid && gid === node.gid) return;
  }
  reach.chown(node.uid, node.gid);
}

/** Setuid and setgid only for the owner and group that they were meant for. */
function modeFor(node: TreeNode, owner: { uid: number; gid: number }): number {
  let mode = permissionsOf(node.mode);
  if (owner.uid !== node.uid) mode &= ~0o4000;
  if (owner.gid !== node.gid && node.type !== "dir") mode &= ~0o2000;
  return mode;
}

function writeTimes(path: Buffer, node: TreeNode): void {
  if (native !== undefined) native.setTimes(path, node.atime.ns, node.mtime.ns);
  // Dates, because node:fs takes a negative number for "now".
  else lutimesSync(path, dateOf(node.atime.ns), dateOf(node.mtime.ns));
}

function dateOf(ns: bigint): Date {
  return new Date(Number(ns / 1_000_000n));
}
