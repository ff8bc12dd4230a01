import { HoldfastError, KiB, MiB } from "@holdfast/base";
import type { BlobPlace } from "../blob.ts";
import { isDamage } from "../damage.ts";
import type { BlobId, PackId } from "../id.ts";
import { ConcurrencyLimit } from "../repository/concurrency-limit.ts";
import type { Repository } from "../repository/repository.ts";
import type { ChunkSource } from "./restore-job.ts";

/** Bytes between two blobs that are cheaper to read than to ask again for. */
const gapBytesMax = 256 * KiB;
/**
 * Pieces of memory that segments are read into again and again, all of one size. They are shared: what moves from thread
 * to thread counts in each as allocated anew, and keeps the garbage collectors running.
 */
const spareBytes = 8 * MiB;
const sparesMax = 6;
/** Shorter ones are not worth one. */
const sparedBytesMin = 256 * KiB;

interface Wanted {
  readonly index: number;
  readonly id: BlobId;
  readonly place: BlobPlace;
}

/** Stretches of packs, and where in them the chunks lie that were asked for, in that order. */
export interface FetchedSegments {
  readonly segments: Uint8Array[];
  /** The memory of those that was taken from here; `SegmentFetcher.giveBack` takes it again. */
  readonly spares: SharedArrayBuffer[];
  readonly sources: ChunkSource[];
}

/**
 * Reads data blobs as they are stored, in few, large requests. A backup lays the chunks of neighbouring files side by
 * side in packs, so asking for what the next files need gives long runs.
 */
export class SegmentFetcher {
  readonly #repository: Repository;
  readonly #requests: ConcurrencyLimit;
  readonly #spares: SharedArrayBuffer[] = [];
  #sparesMade = 0;

  constructor(repository: Repository) {
    this.#repository = repository;
    this.#requests = new ConcurrencyLimit(repository.storage.properties.connectionsMax);
  }

  /**
   * @returns chunks that no index knows, or whose pack is gone or cut short, as absent
   * @throws the signal's reason, and what the storage throws when it is not damage
   */
  async fetch(ids: readonly BlobId[], signal: AbortSignal): Promise<FetchedSegments> {
    const fetched: FetchedSegments = { segments: [], spares: [], sources: ids.map(() => ({ is: "absent" })) };
    const byPack = new Map<PackId, Wanted[]>();
    for (const [index, id] of ids.entries()) {
      const [place] = this.#repository.places("data", id);
      if (place === undefined) continue;
      const others = byPack.get(place.packId);
      if (others === undefined) byPack.set(place.packId, [{ index, id, place }]);
      else others.push({ index, id, place });
    }
    const runs = [...byPack.values()].flatMap(runsOf);
    await Promise.all(runs.map((run) => this.#requests.run(() => this.#fetchRun(run, fetched, signal))));
    return fetched;
  }

  /** Memory of segments that nobody reads any more. */
  giveBack({ spares }: FetchedSegments): void {
    this.#spares.push(...spares);
  }

  /** A chunk decoded, from whichever pack still has it; or why none does. @throws as `fetch` */
  async fetchPlain(id: BlobId, signal: AbortSignal): Promise<Uint8Array | HoldfastError> {
    try {
      return await this.#repository.loadBlob("data", id, signal);
    } catch (error) {
      if (!isDamage(error)) throw error;
      return error;
    }
  }

  #spare(): SharedArrayBuffer | undefined {
    if (this.#spares.length > 0 || this.#sparesMade === sparesMax) return this.#spares.pop();
    this.#sparesMade += 1;
    return new SharedArrayBuffer(spareBytes);
  }

  async #fetchRun(run: readonly Wanted[], fetched: FetchedSegments, signal: AbortSignal): Promise<void> {
    const from = run[0]!.place.offset;
    const last = run.at(-1)!.place;
    const range = { offset: from, length: last.offset + last.length - from };
    const spare = range.length >= sparedBytesMin && range.length <= spareBytes ? this.#spare() : undefined;
    let stored: Uint8Array;
    try {
      const file = { type: "pack", name: run[0]!.place.packId } as const;
      stored = await this.#repository.storage.read(file, { ...range, spare }, signal);
    } catch (error) {
      if (spare !== undefined) this.#spares.push(spare);
      // A pack that is cut short may still have some of them, and other packs may have the rest.
      if (error instanceof HoldfastError && (error.kind === "missing" || error.kind === "damaged")) return;
      throw error;
    }
    if (spare !== undefined) (stored.buffer === spare ? fetched.spares : this.#spares).push(spare);
    const segment = fetched.segments.push(stored) - 1;
    for (const { index, id, place } of run) {
      const at = place.offset - from;
      const { uncompressedLength } = place;
      fetched.sources[index] = { is: "stored", id, segment, at, length: place.length, uncompressedLength };
    }
  }
}

/** Splits what is wanted of one pack into runs that are read with one request each. */
function runsOf(wanted: Wanted[]): Wanted[][] {
  const runs: Wanted[][] = [];
  let start = 0;
  let end = 0;
  for (const each of wanted.sort((left, right) => left.place.offset - right.place.offset)) {
    const { offset, length } = each.place;
    const run = runs.at(-1);
    if (run === undefined || offset - end > gapBytesMax || offset + length - start > spareBytes) {
      runs.push([each]);
      start = offset;
    } else run.push(each);
    end = offset + length;
  }
  return runs;
}
