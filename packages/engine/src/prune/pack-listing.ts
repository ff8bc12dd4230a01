import type { PackId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";

/** The packs that are really stored, beside those that the index names. */
export interface PackListing {
  /** Bytes by pack number; -1 for a pack that the index names and nobody has. */
  readonly sizes: Float64Array;
  /** Stored, and in no index: left by somebody who was interrupted, or belonging to one who still works. */
  readonly unindexed: readonly { readonly id: PackId; readonly sizeBytes: number }[];
}

/** To be called after the index was loaded: then every pack that it names had been stored before. */
export async function listPacks(repository: Repository, signal?: AbortSignal): Promise<PackListing> {
  const index = repository.wholeIndex;
  const sizes = new Float64Array(index.packCount).fill(-1);
  const unindexed: { id: PackId; sizeBytes: number }[] = [];
  for await (const { name, sizeBytes } of repository.storage.list("pack", signal)) {
    const id = name as PackId;
    const pack = index.packNumber(id);
    if (pack < 0) unindexed.push({ id, sizeBytes });
    else sizes[pack] = sizeBytes;
  }
  return { sizes, unindexed };
}
