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
