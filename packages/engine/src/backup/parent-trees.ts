import { KiB } from "@holdfast/base";
import type { BlobPlace } from "../blob.ts";
import type { PackId, TreeId } from "../id.ts";
import type { StoredTree } from "./lanes/tasks.ts";
import { eachPlace } from "../repository/each-place.ts";
import type { Repository } from "../repository/repository.ts";

/** Trees of a snapshot lie one behind the other, so what follows one is likely to be asked for soon. */
const windowBytes = 512 * KiB;
const windowsMax = 16;

interface Window {
  readonly pack: PackId;
  readonly from: number;
  readonly to: number;
  readonly bytes: Promise<Uint8Array>;
}

/**
 * Fetches the listings of a parent snapshot as they lie in their packs, for other threads to decode. Reads stretches,
 * not single blobs: a snapshot has a tree for each directory.
 */
export class ParentTrees {
  readonly #repository: Repository;
  readonly #signal: AbortSignal;
  readonly #windows: Window[] = [];
  /** Where the last tree of each pack ends, by the pack's number. */
  #ends: Float64Array | undefined;

  /** @param repository its index is loaded */
  constructor(repository: Repository, signal: AbortSignal) {
    this.#repository = repository;
    this.#signal = signal;
  }

  /** @returns undefined when no index names it, or its pack cannot be read there @throws what the storage throws */
  async load(id: TreeId): Promise<StoredTree | undefined> {
    const place = this.#repository.places("tree", id)[0];
    if (place === undefined) return undefined;
    const window = this.#windowOf(place);
    const bytes = await window.bytes;
    const begin = place.offset - window.from;
    return {
      id,
      stored: new Uint8Array(bytes.subarray(begin, begin + place.length)), // else all of the window would be sent
      uncompressedLength: place.uncompressedLength,
    };
  }

  #windowOf({ packId, offset, length }: BlobPlace): Window {
    const isInside = (each: Window) => each.pack === packId && each.from <= offset && offset + length <= each.to;
    const known = this.#windows.find(isInside);
    if (known !== undefined) return known;
    const to = Math.max(offset + length, Math.min(offset + windowBytes, this.#endOf(packId)));
    const window = { pack: packId, from: offset, to, bytes: this.#read(packId, offset, to) };
    window.bytes.catch(() => this.#windows.splice(this.#windows.indexOf(window), 1));
    this.#windows.unshift(window);
    this.#windows.length = Math.min(this.#windows.length, windowsMax);
    return window;
  }

  #read(pack: PackId, from: number, to: number): Promise<Uint8Array> {
    const { storage } = this.#repository;
    return storage.read({ type: "pack", name: pack }, { offset: from, length: to - from }, this.#signal);
  }

  #endOf(pack: PackId): number {
    const index = this.#repository.wholeIndex;
    if (this.#ends === undefined) {
      const ends = (this.#ends = new Float64Array(index.packCount));
      eachPlace(
        index,
        "tree",
        (place) => (ends[place.pack] = Math.max(ends[place.pack]!, place.offset + place.length)),
      );
    }
    return this.#ends[index.packNumber(pack)] ?? 0;
  }
}
