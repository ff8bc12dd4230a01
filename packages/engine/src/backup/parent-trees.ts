import { KiB } from "@holdfast/base";
import type { TreeId } from "../id.ts";
import { TreeWindows } from "../pack-reads/tree-windows.ts";
import type { Repository } from "../repository/repository.ts";
import type { WholeIndex } from "../repository/whole-index.ts";
import type { StoredTree } from "./lanes/tasks.ts";

/** Small windows and few: a backup needs its memory for packs. What is over a network, the cache has whole. */
const windows = { windowBytes: 512 * KiB, windowsMax: 16, cache: "keep" } as const;

/** Fetches the listings of a parent snapshot as they lie in their packs, for other threads to decode. */
export class ParentTrees {
  readonly #index: WholeIndex;
  readonly #windows: TreeWindows;

  /** @param repository its index is loaded */
  constructor(repository: Repository, signal: AbortSignal) {
    this.#index = repository.wholeIndex;
    this.#windows = new TreeWindows(repository, windows, signal);
  }

  /** @returns undefined when no index names it, or it cannot be read there @throws what the storage throws */
  async load(id: TreeId): Promise<StoredTree | undefined> {
    const tree = this.#index.blobNumber("tree", id);
    const sealed = tree < 0 ? undefined : await this.#windows.read(tree);
    return (
      sealed && {
        id,
        stored: new Uint8Array(sealed.stored), // a copy, else all of the window would be sent
        uncompressedLength: sealed.place.uncompressedLength,
      }
    );
  }
}
