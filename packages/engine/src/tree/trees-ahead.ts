import { setImmediate as nextTurn } from "node:timers/promises";
import { HoldfastError, KiB, MiB } from "@holdfast/base";
import type { TreeId } from "../id.ts";
import { TreeWindows } from "../pack-reads/tree-windows.ts";
import type { Repository } from "../repository/repository.ts";

const treesMax = 64;
const bytesMax = 32 * MiB;
/** Loads after which timers and messages get their turn. */
const turnLoads = 32;
/** The trees of neighbouring folders lie side by side: a window has those that come next, and saves asking for each. */
const windows = { windowBytes: 256 * KiB, windowsMax: 12, cache: "keep" } as const;

/**
 * Trees that are asked for before a walk comes to them, so that it does not wait for the storage at every directory.
 * What lies ready is bounded, in number and in bytes: a walk never takes more memory for a wider repository.
 */
export class TreesAhead {
  readonly #repository: Repository;
  readonly #signal: AbortSignal | undefined;
  readonly #windows: TreeWindows;
  readonly #waiting = new Map<TreeId, { readonly loading: Promise<Uint8Array>; readonly bytes: number }>();
  #bytes = 0;
  #loads = 0;

  constructor(repository: Repository, signal?: AbortSignal) {
    this.#repository = repository;
    this.#signal = signal;
    this.#windows = new TreeWindows(repository, windows, signal);
  }

  /** Begins to load a tree that will be taken soon, unless enough is under way. @returns whether it is under way */
  expect(tree: TreeId): boolean {
    if (this.#waiting.has(tree)) return true;
    const bytes = this.#repository.plainLength("tree", tree) ?? 0;
    if (this.#waiting.size >= treesMax || this.#bytes + bytes > bytesMax) return false;
    const loading = this.#load(tree);
    loading.catch(() => {}); // heard of when it is taken; until then it is no stray rejection
    this.#waiting.set(tree, { loading, bytes });
    this.#bytes += bytes;
    return true;
  }

  /** The bytes of a tree, expected or not. @throws what `loadBlob` throws */
  take(tree: TreeId): Promise<Uint8Array> {
    const loading = this.#waiting.get(tree)?.loading;
    this.drop(tree);
    return loading ?? this.#load(tree);
  }

  /** Nobody will take this one. */
  drop(tree: TreeId): void {
    this.#bytes -= this.#waiting.get(tree)?.bytes ?? 0;
    this.#waiting.delete(tree);
  }

  async #load(tree: TreeId): Promise<Uint8Array> {
    // Where all windows are in memory nothing is waited for, and yet others want to be heard: an interruption, say.
    this.#loads += 1;
    if (this.#loads % turnLoads === 0) await nextTurn();
    const number = this.#repository.wholeIndex.blobNumber("tree", tree);
    const sealed = number < 0 ? undefined : await this.#windows.read(number);
    if (sealed !== undefined) {
      const { pack, ...place } = sealed.place;
      const packId = this.#repository.wholeIndex.packId(pack);
      try {
        return this.#repository.decodeBlob("tree", tree, { ...place, packId }, sealed.stored);
      } catch (error) {
        if (!(error instanceof HoldfastError && error.kind === "damaged")) throw error;
      }
    }
    return this.#repository.loadBlob("tree", tree, this.#signal); // which looks at every place, past the cache too
  }
}
