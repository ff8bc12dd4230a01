import { HoldfastError, MiB } from "@holdfast/base";
import type { Repository } from "../repository/repository.ts";
import type { NumberedPlace, WholeIndex } from "../repository/whole-index.ts";

const windowBytes = MiB;
const windowsMax = 48;

/**
 * Reads trees by the million: a window of a pack at a time, since a backup lays the trees of neighbouring folders side
 * by side. The last windows stay, so memory is the same for every repository.
 */
export class TreeWindows {
  readonly #repository: Repository;
  readonly #index: WholeIndex;
  readonly #packSizes: Float64Array;
  readonly #signal: AbortSignal | undefined;
  /** By pack and place in it; the latest used comes last. */
  readonly #windows = new Map<number, Promise<Uint8Array | undefined>>();

  /** @param packSizes bytes by pack number; below 0 for one that is gone */
  constructor(repository: Repository, packSizes: Float64Array, signal: AbortSignal | undefined) {
    this.#repository = repository;
    this.#index = repository.wholeIndex;
    this.#packSizes = packSizes;
    this.#signal = signal;
  }

  /** A tree's bytes, proven. @throws what `Repository.loadBlob` throws */
  async load(tree: number): Promise<Uint8Array> {
    const place: NumberedPlace = { blob: 0, pack: 0, offset: 0, length: 0, uncompressedLength: 0 };
    this.#index.placeInto("tree", tree, place); // a blob's first place has its own number
    const id = this.#index.blobId("tree", tree);
    const { pack, offset, length, uncompressedLength } = place;
    const number = Math.floor(offset / windowBytes);
    const at = offset - number * windowBytes;
    const window = at + length > windowBytes ? undefined : await this.#window(pack, number);
    if (window !== undefined && at + length <= window.byteLength) {
      const exact = { packId: this.#index.packId(pack), offset, length, uncompressedLength };
      try {
        return this.#repository.decodeBlob("tree", id, exact, window.subarray(at, at + length));
      } catch (error) {
        if (!(error instanceof HoldfastError && error.kind === "damaged")) throw error;
      }
    }
    return this.#repository.loadBlob("tree", id, this.#signal); // across two windows, or from another pack
  }

  #window(pack: number, number: number): Promise<Uint8Array | undefined> {
    const key = pack * 4096 + number; // packs end before 4 GiB, as their offsets have 32 bits
    const known = this.#windows.get(key);
    const reading = known ?? this.#read(pack, number);
    this.#windows.delete(key);
    this.#windows.set(key, reading);
    for (const oldest of this.#windows.keys()) {
      if (this.#windows.size <= windowsMax) break;
      this.#windows.delete(oldest);
    }
    return reading;
  }

  async #read(pack: number, number: number): Promise<Uint8Array | undefined> {
    const offset = number * windowBytes;
    const length = Math.min(windowBytes, this.#packSizes[pack]! - offset);
    if (length <= 0) return undefined;
    const file = { type: "pack", name: this.#index.packId(pack), cache: "keep" } as const;
    try {
      return await this.#repository.storage.read(file, { offset, length }, this.#signal);
    } catch (error) {
      // Another pack may have what is damaged or gone here; `load` looks there.
      if (error instanceof HoldfastError && (error.kind === "damaged" || error.kind === "missing")) return undefined;
      throw error;
    }
  }
}
