import { eachPlace } from "../repository/each-place.ts";
import type { Repository } from "../repository/repository.ts";
import type { NumberedPlace, WholeIndex } from "../repository/whole-index.ts";
import { readStretch, type Stretch } from "./read-stretch.ts";

/** How much of the packs lies in memory. */
export interface TreeWindowsOptions {
  /** Bytes of one window: a power of two. */
  readonly windowBytes: number;
  readonly windowsMax: number;
  readonly cache?: Stretch["cache"];
}

/** A listing as it lies in a pack. */
export interface SealedTree {
  readonly place: NumberedPlace;
  /** A view of memory that many share. */
  readonly stored: Uint8Array;
}

/** Offsets in packs have 32 bits. */
const packBytesMax = 2 ** 32;

/**
 * Reads trees by the million: a window of a pack at a time, since a backup lays the trees of neighbouring folders side
 * by side. The last windows stay, so memory is the same for every repository.
 */
export class TreeWindows {
  readonly #repository: Repository;
  readonly #index: WholeIndex;
  readonly #options: TreeWindowsOptions;
  readonly #signal: AbortSignal | undefined;
  /** By pack and place in it; the latest used comes last. */
  readonly #windows = new Map<number, Promise<Uint8Array | undefined>>();
  /** Where the last tree of each pack ends, by the pack's number. */
  #ends: Float64Array | undefined;

  /** @param repository its index is loaded */
  constructor(repository: Repository, options: TreeWindowsOptions, signal: AbortSignal | undefined) {
    this.#repository = repository;
    this.#index = repository.wholeIndex;
    this.#options = options;
    this.#signal = signal;
  }

  /**
   * A tree from the first of its places, unproven.
   * @param tree its number in the index
   * @returns undefined when it is not there, or not any more: `Repository.loadBlob` looks at every place
   * @throws what the storage throws otherwise
   */
  async read(tree: number): Promise<SealedTree | undefined> {
    const place: NumberedPlace = { blob: 0, pack: 0, offset: 0, length: 0, uncompressedLength: 0 };
    this.#index.placeInto("tree", tree, place); // a blob's first place has its own number
    const { pack, offset, length } = place;
    if (length === 0) return undefined; // this session took the blob on and has not stored it yet
    const { windowBytes } = this.#options;
    const number = Math.floor(offset / windowBytes);
    const at = offset - number * windowBytes;
    if (at + length > windowBytes) {
      const alone = await this.#readStretch(pack, offset, length);
      return alone && { place, stored: alone };
    }
    const window = await this.#window(pack, number);
    return window && at + length <= window.byteLength ? { place, stored: window.subarray(at, at + length) } : undefined;
  }

  #window(pack: number, number: number): Promise<Uint8Array | undefined> {
    const { windowBytes, windowsMax } = this.#options;
    const key = pack * (packBytesMax / windowBytes) + number;
    const known = this.#windows.get(key);
    const begin = number * windowBytes;
    const reading =
      known ?? this.#readStretch(pack, begin, Math.max(0, Math.min(windowBytes, this.#endOf(pack) - begin)));
    if (known === undefined) reading.catch(() => this.#windows.delete(key)); // the next one tries again
    this.#windows.delete(key);
    this.#windows.set(key, reading);
    for (const oldest of this.#windows.keys()) {
      if (this.#windows.size <= windowsMax) break;
      this.#windows.delete(oldest);
    }
    return reading;
  }

  #readStretch(pack: number, offset: number, length: number): Promise<Uint8Array | undefined> {
    const { cache } = this.#options;
    const stretch = { packId: this.#index.packId(pack), offset, length, ...(cache && { cache }) };
    return readStretch(this.#repository, stretch, this.#signal);
  }

  /** No more is read: files may follow, or a pack's own header. */
  #endOf(pack: number): number {
    if (this.#ends === undefined) {
      const ends = (this.#ends = new Float64Array(this.#index.packCount));
      eachPlace(this.#index, "tree", (place) => {
        ends[place.pack] = Math.max(ends[place.pack]!, place.offset + place.length);
      });
    }
    return this.#ends[pack] ?? 0;
  }
}
