import { MiB } from "@holdfast/base";
import type { TreeId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";

const treesMax = 64;
const bytesMax = 32 * MiB;

/**
 * Trees that are asked for before a walk comes to them, so that it does not wait for the storage at every directory.
 * What lies ready is bounded, in number and in bytes: a walk never takes more memory for a wider repository.
 */
export class TreesAhead {
  readonly #repository: Repository;
  readonly #signal: AbortSignal | undefined;
  readonly #waiting = new Map<TreeId, { readonly loading: Promise<Uint8Array>; readonly bytes: number }>();
  #bytes = 0;

  constructor(repository: Repository, signal?: AbortSignal) {
    this.#repository = repository;
    this.#signal = signal;
  }

  /** Begins to load a tree that will be taken soon, unless enough is under way. @returns whether it is under way */
  expect(tree: TreeId): boolean {
    if (this.#waiting.has(tree)) return true;
    const bytes = this.#repository.plainLength("tree", tree) ?? 0;
    if (this.#waiting.size >= treesMax || this.#bytes + bytes > bytesMax) return false;
    const loading = this.#repository.loadBlob("tree", tree, this.#signal);
    loading.catch(() => {}); // heard of when it is taken; until then it is no stray rejection
    this.#waiting.set(tree, { loading, bytes });
    this.#bytes += bytes;
    return true;
  }

  /** The bytes of a tree, expected or not. @throws what `loadBlob` throws */
  take(tree: TreeId): Promise<Uint8Array> {
    const loading = this.#waiting.get(tree)?.loading;
    this.drop(tree);
    return loading ?? this.#repository.loadBlob("tree", tree, this.#signal);
  }

  /** Nobody will take this one. */
  drop(tree: TreeId): void {
    this.#bytes -= this.#waiting.get(tree)?.bytes ?? 0;
    this.#waiting.delete(tree);
  }
}
