import { native } from "../filesystem/native.ts";
import type { TreeNode } from "../tree/node.ts";
import type { Plan } from "./batch.ts";
import { metadataOf, type OwnerOf } from "./metadata.ts";

/** The types that mknod makes; never more than the owner's rights until the metadata is written. */
const unixTypes: Partial<Record<TreeNode["type"], number>> = {
  fifo: 0o010600,
  dev: 0o060600,
  chardev: 0o020600,
};

/** How an entry that is neither file nor directory is made; undefined for a kind that cannot be. */
export function planOther(node: TreeNode, ownerOf: OwnerOf): Plan | undefined {
  const unixType = unixTypes[node.type];
  if (node.type === "symlink")
    return { kind: "symlink", ...basicsOf(node, ownerOf), linkTarget: node.linkTarget.toString("latin1") };
  if (unixType === undefined || native === undefined) return undefined;
  return { kind: "device", ...basicsOf(node, ownerOf), unixType, device: node.device };
}

/** @param replaces a file is there, whose place the new one takes */
export function planFile(node: TreeNode, ownerOf: OwnerOf, replaces: boolean): Plan {
  return { kind: "file", ...basicsOf(node, ownerOf), replaces };
}

/** What is there stays and gets its metadata. */
export function planMetadata(node: TreeNode, ownerOf: OwnerOf): Plan {
  return { kind: "metadata", ...basicsOf(node, ownerOf) };
}

function basicsOf(node: TreeNode, ownerOf: OwnerOf) {
  return { name: node.name.toString("latin1"), metadata: metadataOf(node, ownerOf) };
}
