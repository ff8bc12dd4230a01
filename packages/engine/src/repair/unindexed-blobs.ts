import { HoldfastError, isFailure } from "@holdfast/base";
import { storageErrors } from "@holdfast/storage";
import type { BlobType } from "../blob.ts";
import { engineErrors } from "../errors.ts";
import type { BlobId, PackId } from "../id.ts";
import { inParallel } from "../repository/in-parallel.ts";
import type { Repository } from "../repository/repository.ts";

/**
 * Blobs that were not found, held against packs that no index names: a snapshot that loses what is there after all would
 * have lost it for nothing. Packs that an interrupted run left are no matter as long as nothing in them is missing.
 */
export class UnindexedBlobs {
  readonly #repository: Repository;
  readonly #missing = new Set<string>();
  #unindexed: Map<string, PackId> | undefined;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  addMissing(type: BlobType, id: BlobId): void {
    this.#missing.add(keyOf(type, id));
  }

  /** @throws ENGINE_INDEX_INCOMPLETE when one of the missing blobs is in a pack that no index names */
  async refuseIfThere(signal?: AbortSignal): Promise<void> {
    this.#unindexed ??= await this.#readHeaders(signal);
    for (const key of this.#missing) {
      const pack = this.#unindexed.get(key);
      if (pack === undefined) continue;
      throw new HoldfastError(
        engineErrors.indexIncomplete,
        `Something that seems to be missing is in pack ${pack}, which no index names.`,
      );
    }
    this.#missing.clear();
  }

  async #readHeaders(signal: AbortSignal | undefined): Promise<Map<string, PackId>> {
    const repository = this.#repository;
    const found = new Map<string, PackId>();
    const listed = await repository.list("pack", signal);
    const unindexed = listed.filter(({ name }) => !repository.hasPack(name as PackId));
    await inParallel(unindexed, Math.max(1, repository.storage.properties.connectionsMax), async (entry) => {
      const id = entry.name as PackId;
      try {
        const blobs = await repository.readPackHeader(id, entry.sizeBytes, signal);
        for (const blob of blobs) found.set(keyOf(blob.type, blob.id), id);
      } catch (error) {
        if (!isFailure(error, engineErrors.packDamaged) && !isFailure(error, storageErrors.missing)) throw error;
      }
    });
    return found;
  }
}

function keyOf(type: BlobType, id: BlobId): string {
  return `${type} ${id}`;
}
