import { isFailure } from "@holdfast/base";
import { storageErrors } from "@holdfast/storage";
import type { Id } from "../id.ts";
import { inParallel } from "../repository/in-parallel.ts";
import type { Repository } from "../repository/repository.ts";

/**
 * Removes files, several at once. One that the storage will not give up, as under an object lock, is no reason to
 * leave the others.
 * @returns those that it refused
 */
export async function removeFiles(
  repository: Repository,
  type: "pack" | "index",
  ids: Iterable<Id>,
  signal?: AbortSignal,
): Promise<Set<Id>> {
  const refused = new Set<Id>();
  await inParallel(ids, Math.max(1, repository.storage.properties.connectionsMax), async (id) => {
    try {
      await repository.removeFile(type, id, signal);
    } catch (error) {
      if (!isFailure(error, storageErrors.denied)) throw error;
      refused.add(id);
    }
  });
  if (refused.size > 0)
    repository.context.log.warn("the storage refused to remove files", { type, files: refused.size });
  return refused;
}
