import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import type { BlobId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import type { TreeNode } from "../tree/node.ts";

/** Chunks asked for ahead of the reader: enough to hide the way to the storage, little enough to hold. */
const chunksAhead = 3;

/**
 * A file's bytes in order, chunk by chunk as it was cut, so that any size can be downloaded with little memory.
 * @throws ENGINE_PATH_MISSING when the node is no file; ENGINE_BLOB_MISSING or ENGINE_PACK_DAMAGED at the first chunk
 *   that cannot be had, so that a reader never takes a damaged file for a short one
 */
export async function* readFile(
  repository: Repository,
  node: TreeNode,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  if (node.type !== "file" || node.content === undefined) {
    throw new HoldfastError(engineErrors.pathMissing, "Only files have content that can be read.");
  }
  const load = (id: BlobId) => {
    const loading = repository.loadBlob("data", id, signal);
    loading.catch(() => {}); // heard of when its turn comes; until then it is no stray rejection
    return loading;
  };
  const ahead: Promise<Uint8Array>[] = node.content.slice(0, chunksAhead).map(load);
  let next = ahead.length;
  while (ahead.length > 0) {
    const chunk = await ahead.shift()!;
    const id = node.content[next];
    next += 1;
    if (id !== undefined) ahead.push(load(id));
    yield chunk;
  }
}
