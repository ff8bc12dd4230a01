import { HoldfastError, MiB } from "@holdfast/base";
import { TreeWindows, type SealedTree } from "../pack-reads/tree-windows.ts";
import type { Repository } from "../repository/repository.ts";
import type { WholeIndex } from "../repository/whole-index.ts";

const windows = { windowBytes: MiB, windowsMax: 48, cache: "keep" } as const;

/** Loads trees by their numbers: nearly all of a repository's, and most of them lie where their neighbours do. */
export class UsedTrees {
  readonly #repository: Repository;
  readonly #index: WholeIndex;
  readonly #windows: TreeWindows;
  readonly #signal: AbortSignal | undefined;

  constructor(repository: Repository, signal: AbortSignal | undefined) {
    this.#repository = repository;
    this.#index = repository.wholeIndex;
    this.#windows = new TreeWindows(repository, windows, signal);
    this.#signal = signal;
  }

  /** A tree's bytes, proven, from whichever pack has them. @throws what `Repository.loadBlob` throws */
  async load(tree: number): Promise<Uint8Array> {
    const sealed = await this.#windows.read(tree);
    const plain = sealed && this.#decode(tree, sealed);
    return plain ?? this.#repository.loadBlob("tree", this.#index.blobId("tree", tree), this.#signal);
  }

  #decode(tree: number, { place, stored }: SealedTree): Uint8Array | undefined {
    const packId = this.#index.packId(place.pack);
    try {
      return this.#repository.decodeBlob("tree", this.#index.blobId("tree", tree), { ...place, packId }, stored);
    } catch (error) {
      if (error instanceof HoldfastError && error.kind === "damaged") return undefined;
      throw error;
    }
  }
}
