import type { Names } from "../restore/walk-tree.ts";
import type { TreeNode } from "../tree/node.ts";

/** Something that goes into an archive, in the order in which it does. */
export interface ArchiveEntry {
  /** From the top of the archive. */
  readonly names: Names;
  /** A file, directory or symlink. */
  readonly node: TreeNode;
  /** Bytes that `content` will give: what the chunks add up to, whatever the node says. 0 for what is no file. */
  readonly sizeBytes: number;
  /** To be read to its end, or not at all, before the next entry is asked for. @throws what loading a chunk throws */
  content(): AsyncGenerator<Uint8Array>;
}

/** The path of an entry as archives have it: no slash in front, one behind a directory's. */
export function archivePath(names: Names, node: TreeNode): Buffer {
  const path = Buffer.concat(names.flatMap((name) => [slash, name])).subarray(1);
  return node.type === "dir" ? Buffer.concat([path, slash]) : path;
}

const slash = Buffer.from("/");
