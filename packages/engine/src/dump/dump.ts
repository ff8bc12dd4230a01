import type { HoldfastError } from "@holdfast/base";
import type { TreeId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { walkTree, type Names } from "../restore/walk-tree.ts";
import type { TreeNode } from "../tree/node.ts";
import { ContentsAhead } from "./contents-ahead.ts";
import { gathered } from "./gathered.ts";
import { tarArchive } from "./tar.ts";
import { zipArchive } from "./zip.ts";

export type ArchiveFormat = "tar" | "zip";

export interface DumpOptions {
  readonly format: ArchiveFormat;
  /** Names in front of every path of the archive: where in the snapshot the tree is. */
  readonly above: Names;
  /** Hears of each directory that cannot be read and each entry that is refused; the rest is archived. */
  readonly onFault: (names: Names, error: HoldfastError) => void;
}

/**
 * Everything below a tree as an archive, piece by piece. As restic's, it holds files, directories and symlinks, and a file
 * with several names once for each of them.
 * @throws ENGINE_BLOB_MISSING, ENGINE_PACK_DAMAGED at the first content that cannot be had: an archive cannot go on in the
 *   middle of a file
 */
export function dumpTree(
  repository: Repository,
  tree: TreeId,
  options: DumpOptions,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  const entries = new ContentsAhead(repository, signal).entries(archived(repository, tree, options, signal));
  return gathered(options.format === "tar" ? tarArchive(entries) : zipArchive(entries));
}

const archivedTypes: readonly TreeNode["type"][] = ["file", "dir", "symlink"];

async function* archived(
  repository: Repository,
  tree: TreeId,
  { above, onFault }: DumpOptions,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ names: Names; node: TreeNode }> {
  for await (const { kind, names, node } of walkTree(repository, tree, { onFault }, signal)) {
    if (kind !== "leave" && archivedTypes.includes(node.type)) yield { names: [...above, ...names], node };
  }
}
