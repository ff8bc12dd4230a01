import { equalBytes } from "@holdfast/base";
import type { TreeNode } from "../tree/node.ts";

/** What says nothing about a file where it lies: some file systems make up inodes, some tools touch change times. */
export interface IgnoredChanges {
  readonly ctime?: boolean;
  /** Its change time with it: where inodes are made up, so is that. */
  readonly inode?: boolean;
}

/**
 * Whether a file needs no reading because the parent snapshot has it: same size, modification time, change time and
 * inode. Nothing else is trusted; that its chunks are still stored is the caller's to check.
 * @see restic-format section 12
 */
export function isUnchanged(node: TreeNode, before: TreeNode, ignored: IgnoredChanges = {}): boolean {
  const anyInode = ignored.inode ?? false;
  const anyCtime = anyInode || (ignored.ctime ?? false);
  return (
    before.type === "file" &&
    before.content !== undefined &&
    before.size === node.size &&
    before.mtime.ns === node.mtime.ns &&
    (anyCtime || before.ctime.ns === node.ctime.ns) &&
    (anyInode || before.inode === node.inode)
  );
}

/** Whether two nodes say the same about an entry, all of its metadata and what it contains. Times as instants. */
export function isSameNode(left: TreeNode, right: TreeNode): boolean {
  return (
    equalBytes(left.name, right.name) &&
    left.type === right.type &&
    left.mode === right.mode &&
    left.mtime.ns === right.mtime.ns &&
    left.atime.ns === right.atime.ns &&
    left.ctime.ns === right.ctime.ns &&
    left.uid === right.uid &&
    left.gid === right.gid &&
    left.user === right.user &&
    left.group === right.group &&
    left.inode === right.inode &&
    left.deviceId === right.deviceId &&
    left.size === right.size &&
    left.links === right.links &&
    equalBytes(left.linkTarget, right.linkTarget) &&
    left.genericAttributes === right.genericAttributes &&
    left.device === right.device &&
    left.subtree === right.subtree &&
    isSameList(left.content ?? [], right.content ?? [], (a, b) => a === b) &&
    isSameList(
      left.extendedAttributes,
      right.extendedAttributes,
      (a, b) => equalBytes(a.name, b.name) && equalBytes(a.value, b.value),
    )
  );
}

function isSameList<T>(left: readonly T[], right: readonly T[], isSame: (left: T, right: T) => boolean): boolean {
  return left.length === right.length && left.every((item, at) => isSame(item, right[at]!));
}
