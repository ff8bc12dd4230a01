import type { TreeNode } from "../../tree/node.ts";
import { localTimestamp } from "../../tree/timestamp.ts";
import { nodeJson } from "../../tree/tree-writer.ts";

/**
 * A parent snapshot's node as this machine would write it now. Text that is equal to an entry's says that all of its
 * metadata and what it contains is the same; its times are compared as instants, for the zone may have changed.
 */
export function canonicalJson(node: TreeNode): string {
  const { mtime, atime, ctime } = node;
  return nodeJson({
    ...node,
    mtime: localTimestamp(mtime.ns),
    atime: localTimestamp(atime.ns),
    ctime: localTimestamp(ctime.ns),
  });
}

/** The bytes of a tree blob around its entries' texts, each piece one or more of them with commas between. */
export function treeOf(pieces: readonly Uint8Array[]): Buffer {
  const all: Uint8Array[] = [head];
  for (const piece of pieces) {
    if (piece.byteLength === 0) continue;
    if (all.length > 1) all.push(comma);
    all.push(piece);
  }
  all.push(tail);
  return Buffer.concat(all);
}

const head = Buffer.from('{"nodes":[');
const comma = Buffer.from(",");
const tail = Buffer.from("]}\n");
