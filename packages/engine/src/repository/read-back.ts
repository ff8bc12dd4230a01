import { HoldfastError, isFailure, messageOf } from "@holdfast/base";
import { storageErrors } from "@holdfast/storage";
import { engineErrors } from "../errors.ts";
import { idOf, type Id, type IndexId, type PackId, type TreeId } from "../id.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import type { Repository } from "./repository.ts";
import type { WholeIndex } from "./whole-index.ts";

/**
 * Reads a small file back from the storage itself, past the cache: what a storage acknowledged and lost, or kept
 * otherwise, is noticed before anything else is built on it or removed for its sake.
 * @throws ENGINE_LOCK_LOST when the lock is not there any more, ENGINE_FILE_DAMAGED, what the storage throws
 */
export async function proveStored(
  repository: Repository,
  type: "snapshot" | "index",
  id: Id,
  signal?: AbortSignal,
): Promise<void> {
  if (repository.isDryRun) return;
  for (let look = 0; look < 2; look += 1) {
    if ((await hashOf(repository, type, id, signal)) === id) return;
  }
  await throwIfLockLost(repository);
  throw new HoldfastError(
    engineErrors.fileDamaged,
    `The storage took a ${type} file and does not give it back as it was: ${id}.`,
  );
}

/** Stores an index file and reads it back, before those go whose place it takes. @throws as `proveStored` */
export async function saveProvenIndex(
  repository: Repository,
  packs: Parameters<Repository["saveIndex"]>[0],
  signal?: AbortSignal,
): Promise<void> {
  await proveStored(repository, "index", await repository.saveIndex(packs, signal), signal);
}

/**
 * Whoever removed the lock may have pruned what nothing names yet: then the storage is not to blame for what cannot be
 * read. Where it cannot be asked for the lock either, what was found stands.
 */
async function throwIfLockLost(repository: Repository): Promise<void> {
  try {
    await repository.confirmLocks();
  } catch (error) {
    if (isFailure(error, engineErrors.lockLost)) throw error;
    repository.context.log.warn("could not look whether the lock is there", { why: messageOf(error) });
  }
}

async function hashOf(
  repository: Repository,
  type: "snapshot" | "index",
  id: Id,
  signal: AbortSignal | undefined,
): Promise<Id | undefined> {
  try {
    return idOf(await repository.storage.read({ type, name: id, cache: "renew" }, undefined, signal));
  } catch (error) {
    if (isFailure(error, storageErrors.missing)) return undefined;
    throw error;
  }
}

/** What a session stores from here on, to be read back before something goes that it takes the place of. */
export class ReadBack {
  readonly #repository: Repository;
  readonly #index: WholeIndex;
  readonly #packsBefore: number;
  readonly #filesBefore: ReadonlySet<IndexId>;
  readonly #builtOn = new Set<TreeId>();

  /** @param repository with its index loaded; it is not loaded again until `prove` has ended */
  constructor(repository: Repository) {
    this.#repository = repository;
    this.#index = repository.wholeIndex;
    this.#packsBefore = this.#index.packCount;
    this.#filesBefore = new Set(this.#index.files.keys());
  }

  /** A listing that was stored before, perhaps by a run that found it spoilt, and takes the place of another now. */
  buildOn(tree: TreeId): void {
    this.#builtOn.add(tree);
  }

  /**
   * Every new pack with every blob, every new index file, and what is built on. Everything is flushed.
   * @throws ENGINE_LOCK_LOST when the lock is not there any more, ENGINE_PACK_DAMAGED, ENGINE_FILE_DAMAGED,
   *   ENGINE_BLOB_MISSING, STORAGE_MISSING, what the storage throws
   */
  async prove(signal?: AbortSignal): Promise<void> {
    if (this.#repository.isDryRun) return;
    try {
      await this.#readAll(signal);
    } catch (error) {
      if (error instanceof HoldfastError && (error.kind === "damaged" || error.kind === "missing"))
        await throwIfLockLost(this.#repository);
      throw error;
    }
  }

  async #readAll(signal: AbortSignal | undefined): Promise<void> {
    const repository = this.#repository;
    for (const id of this.#index.files.keys())
      if (!this.#filesBefore.has(id)) await proveStored(repository, "index", id, signal);
    for (const pack of [...this.#index.packs((number) => number >= this.#packsBefore)])
      await this.#provePack(pack, signal);
    for (const tree of this.#builtOn) await repository.loadBlob("tree", tree, signal);
  }

  async #provePack({ id, blobs }: { id: PackId; blobs: readonly PackedBlob[] }, signal?: AbortSignal): Promise<void> {
    const { findings } = await this.#repository.readPack(id, blobs, signal);
    if (findings.length === 0) return;
    throw new HoldfastError(
      engineErrors.packDamaged,
      `The storage took a pack and does not give it back as it was: ${id}.`,
    );
  }
}
