import type { ExtendedAttribute, TreeNode } from "./node.ts";

/** Whether two nodes say the same about everything but, for files, which chunks they are made of. Times count as instants. */
export function isSameBesideContent(left: TreeNode, right: TreeNode): boolean {
  return (
    left.name.equals(right.name) &&
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
    left.linkTarget.equals(right.linkTarget) &&
    left.device === right.device &&
    left.subtree === right.subtree &&
    left.error === right.error &&
    left.genericAttributes === right.genericAttributes &&
    hasSameAttributes(left.extendedAttributes, right.extendedAttributes)
  );
}

/** Whether two files have the same chunks in the same order; and whether both or neither is a file. */
export function isSameContent(left: TreeNode, right: TreeNode): boolean {
  if (left.content === undefined || right.content === undefined) return left.content === right.content;
  return left.content.length === right.content.length && left.content.every((id, at) => id === right.content![at]);
}

/** In any order, as the system lists them. */
function hasSameAttributes(left: readonly ExtendedAttribute[], right: readonly ExtendedAttribute[]): boolean {
  return (
    left.length === right.length &&
    left.every(({ name, value }) => right.some((other) => other.name.equals(name) && other.value.equals(value)))
  );
}
