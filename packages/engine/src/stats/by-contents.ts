import { createHash } from "node:crypto";
import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { sha256, type BlobId, type TreeId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { walkTree, type Names } from "../restore/walk-tree.ts";
import { IdTable } from "../tables/id-table.ts";
import { displayPath } from "../tree/name-quoting.ts";
import type { TreeNode } from "../tree/node.ts";
import { eachNode } from "./each-node.ts";
import type { Stats, StatsOptions } from "./stats.ts";

/** Files that differ in content. As restic counts: all that has no content, directories too, is one file of 0 bytes. */
export async function filesByContents(
  repository: Repository,
  roots: readonly TreeId[],
  options: StatsOptions,
  signal: AbortSignal | undefined,
): Promise<Stats> {
  const contents = new IdTable();
  let totalBytes = 0;
  const onNode = (node: TreeNode) => {
    if (isNew(contents, contentHash(node))) totalBytes += Number(node.size);
  };
  await eachNode(repository, roots, new IdTable(), onNode, options, signal);
  return { totalBytes, files: contents.size, blobs: 0, compression: undefined };
}

/**
 * Blobs as the files refer to them: each content counts at the first path that has it, and each blob once a path.
 * So the order matters, and trees are read in it; one that was read before can add nothing and is passed over.
 */
export async function blobsPerFile(
  repository: Repository,
  roots: readonly TreeId[],
  options: StatsOptions,
  signal: AbortSignal | undefined,
): Promise<Stats> {
  const trees = new IdTable();
  const contents = new IdTable();
  const paths = new IdTable();
  const references = new IdTable();
  let totalBytes = 0;
  const count = (names: Names, { content = [] }: TreeNode) => {
    if (content.length === 0) return;
    const path = displayPath(names);
    paths.addBytes(sha256(Buffer.from(path)));
    for (const id of content) {
      if (!isNew(references, sha256(Buffer.from(`${id}${path}`)))) continue;
      const plain = repository.plainLength("data", id);
      if (plain === undefined) options.onFault(names, missing(id));
      totalBytes += plain ?? 0;
    }
  };
  const isNewTree = ({ subtree }: TreeNode) => subtree !== undefined && trees.find(subtree) < 0;
  const walk = {
    enters: (_: Names, { subtree }: TreeNode) => {
      const known = trees.size;
      return subtree !== undefined && trees.add(subtree) === known;
    },
    expects: (_: Names, node: TreeNode) => isNewTree(node),
    onFault: options.onFault,
  };
  for (const root of roots) {
    for await (const { kind, names, node } of walkTree(repository, root, walk, signal)) {
      if (kind === "entry" && isNew(contents, contentHash(node))) count(names, node);
    }
  }
  return { totalBytes, files: paths.size, blobs: references.size, compression: undefined };
}

function isNew(table: IdTable, hash: Uint8Array): boolean {
  const known = table.size;
  return table.addBytes(hash) === known;
}

/** Tells contents apart by the chunks they are made of, in order. */
function contentHash({ content = [] }: TreeNode): Uint8Array {
  const hash = createHash("sha256");
  for (const id of content) hash.update(id, "hex");
  return hash.digest();
}

function missing(id: BlobId): HoldfastError {
  return new HoldfastError(engineErrors.blobMissing, `No index names the data blob ${id}.`);
}
