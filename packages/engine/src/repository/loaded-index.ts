import { HoldfastError, assert, messageOf } from "@holdfast/base";
import type { Storage } from "@holdfast/storage";
import type { CacheFolder } from "../cache/cache-folder.ts";
import type { IndexCache } from "../cache/index-cache.ts";
import { engineErrors } from "../errors.ts";
import type { Id, PackId } from "../id.ts";
import { RepositoryIndex } from "../index/repository-index.ts";
import { inParallel } from "./in-parallel.ts";
import type { UnpackedFiles } from "./unpacked-files.ts";

interface LoadedIndexParts {
  readonly storage: Storage;
  readonly files: UnpackedFiles;
  readonly version: 1 | 2;
  /** Whether nothing waits to be stored that only the index in memory knows of. */
  readonly isFlushed: () => boolean;
  readonly cache: CacheFolder | undefined;
  readonly indexCache: IndexCache | undefined;
}

/** Hears of an index file that cannot be used. */
type OnDamaged = (id: Id, error: HoldfastError) => void;

/** The index of a session: read from the index files or the cache, and kept in step with the repository. */
export class LoadedIndex {
  readonly #parts: LoadedIndexParts;
  #index = new RepositoryIndex();
  #isFromCache = false;
  /** Loads go one after the other. */
  #loading: Promise<void> = Promise.resolve();

  constructor(parts: LoadedIndexParts) {
    this.#parts = parts;
  }

  /** What is known now. A later `load` may put another in its place. */
  get current(): RepositoryIndex {
    return this.#index;
  }

  /** Whether this machine's memory of the index files was taken for some of them. */
  get isFromCache(): boolean {
    return this.#isFromCache;
  }

  /**
   * Takes in every index file that there is and that was not read before.
   * @param onDamaged hears of each that cannot be used and goes on; without it the first one throws
   * @throws ENGINE_FILE_DAMAGED, ENGINE_INDEX_DAMAGED
   */
  load(signal?: AbortSignal, onDamaged?: OnDamaged): Promise<void> {
    const loading = this.#loading.then(() => this.#loadNow(signal, onDamaged));
    this.#loading = loading.catch(() => {}); // told to who asked for it; the next load tries again
    return loading;
  }

  async #loadNow(signal: AbortSignal | undefined, onDamaged: OnDamaged | undefined): Promise<void> {
    const { storage, cache, indexCache } = this.#parts;
    const listed = new Set<Id>();
    for await (const entry of storage.list("index", signal)) listed.add(entry.name as Id);
    if ([...this.#index.files.keys()].some((id) => !listed.has(id))) {
      assert(this.#parts.isFlushed(), "the index is not thrown away under unfinished packs");
      this.#index = new RepositoryIndex(); // blobs that only a removed index named may be gone
    }
    const isFirst = this.#index.packCount === 0;
    const cached = isFirst ? await indexCache?.load(listed) : undefined;
    if (isFirst) this.#isFromCache = cached !== undefined;
    this.#index = cached ?? this.#index;
    const missing = [...listed].filter((id) => !this.#index.files.has(id));
    if (missing.length === 0) return;
    // What the cache lacks is read apart, and kept there for the next time.
    const fresh = cached === undefined ? this.#index : new RepositoryIndex();
    let isWhole = true;
    const onFault =
      onDamaged &&
      ((id: Id, error: HoldfastError) => {
        isWhole = false;
        onDamaged(id, error);
      });
    try {
      const readsMax = storage.properties.connectionsMax;
      await inParallel(missing, readsMax, (id) => this.#loadFile(fresh, id, signal, onFault));
    } finally {
      if (fresh !== this.#index) this.#index.merge(fresh);
    }
    if (isFirst && isWhole) await indexCache?.keep(this.#index, fresh);
    // An index file that is gone takes the cached index with it, and only then packs may be gone.
    if (cached === undefined) await cache?.keepOnly("pack", (name) => this.#index.hasPack(name as PackId));
  }

  async #loadFile(
    index: RepositoryIndex,
    id: Id,
    signal: AbortSignal | undefined,
    onDamaged: OnDamaged | undefined,
  ): Promise<void> {
    try {
      const json = await this.#parts.files.load("index", id, signal);
      try {
        index.addIndexFile(json, this.#parts.version, id);
      } catch (cause) {
        throw new HoldfastError(engineErrors.indexDamaged, `The index file ${id} is damaged: ${messageOf(cause)}.`, {
          cause,
        });
      }
    } catch (error) {
      const isDamage = error instanceof HoldfastError && error.kind === "damaged";
      if (!isDamage || onDamaged === undefined) throw error;
      onDamaged(id, error);
    }
  }
}
