import { MiB, type HoldfastError } from "@holdfast/base";
import type { BlobPlace } from "../blob.ts";
import { isDamage } from "../damage.ts";
import type { BlobId, PackId } from "../id.ts";
import { ConcurrencyLimit } from "../repository/concurrency-limit.ts";
import type { Repository } from "../repository/repository.ts";
import { readStretch } from "./read-stretch.ts";
import { runsOf } from "./runs.ts";

/** Decoded blobs kept for the trees that come next: zeros, licences, icons. */
const keptBytesMax = 32 * MiB;

/** What became of a blob: its bytes, or why it cannot be had. */
export type Fetched = Uint8Array | HoldfastError;

interface Wanted {
  readonly id: BlobId;
  readonly place: BlobPlace;
  readonly offset: number;
  readonly length: number;
}

/**
 * Reads data blobs in few, large requests. A backup lays the chunks of neighbouring files side by side in packs, so
 * asking for what the next files need gives long runs.
 */
export class BlobFetcher {
  readonly #repository: Repository;
  readonly #requests: ConcurrencyLimit;
  readonly #kept = new Map<BlobId, Uint8Array>();
  #keptBytes = 0;

  constructor(repository: Repository) {
    this.#repository = repository;
    this.#requests = new ConcurrencyLimit(repository.storage.properties.connectionsMax);
  }

  /** Bytes that `fetch` will need for a blob; 0 when nobody knows it. */
  plainBytes(id: BlobId): number {
    return this.#repository.plainLength("data", id) ?? 0;
  }

  /**
   * All the blobs, each proven; what is damaged or missing is an error in its place, and no reason to stop.
   * @throws the signal's reason, and what the storage throws when it is not damage
   */
  async fetch(ids: Iterable<BlobId>, signal: AbortSignal): Promise<Map<BlobId, Fetched>> {
    const fetched = new Map<BlobId, Fetched>();
    const byPack = new Map<PackId, Wanted[]>();
    const single: BlobId[] = [];
    for (const id of new Set(ids)) {
      const kept = this.#kept.get(id);
      const [place] = kept === undefined ? this.#repository.places("data", id) : [];
      if (kept !== undefined) fetched.set(id, kept);
      else if (place === undefined) single.push(id);
      else {
        const wanted = { id, place, offset: place.offset, length: place.length };
        if (!byPack.get(place.packId)?.push(wanted)) byPack.set(place.packId, [wanted]);
      }
    }
    const runs = [...byPack.values()].flatMap((wanted) =>
      runsOf(wanted.sort((left, right) => left.offset - right.offset)),
    );
    await Promise.all([
      ...runs.map((run) => this.#requests.run(() => this.#fetchRun(run, fetched, signal))),
      ...single.map(async (id) => fetched.set(id, await this.#fetchSingly(id, signal))),
    ]);
    for (const [id, bytes] of fetched) if (bytes instanceof Uint8Array) this.#keep(id, bytes);
    return fetched;
  }

  /** One blob, from whichever pack still has it. */
  async #fetchSingly(id: BlobId, signal: AbortSignal): Promise<Fetched> {
    try {
      return await this.#repository.loadBlob("data", id, signal);
    } catch (error) {
      if (!isDamage(error)) throw error;
      return error;
    }
  }

  async #fetchRun(run: readonly Wanted[], fetched: Map<BlobId, Fetched>, signal: AbortSignal): Promise<void> {
    const from = run[0]!.place.offset;
    const { offset, length } = run.at(-1)!.place;
    const stretch = { packId: run[0]!.place.packId, offset: from, length: offset + length - from };
    const stored = await readStretch(this.#repository, stretch, signal);
    for (const { id, place } of run) fetched.set(id, await this.#decode(id, place, from, stored, signal));
  }

  async #decode(
    id: BlobId,
    place: BlobPlace,
    from: number,
    stored: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<Fetched> {
    if (stored === undefined) return this.#fetchSingly(id, signal);
    const at = place.offset - from;
    try {
      return this.#repository.decodeBlob("data", id, place, stored.subarray(at, at + place.length));
    } catch (error) {
      if (!isDamage(error)) throw error;
      return this.#fetchSingly(id, signal);
    }
  }

  #keep(id: BlobId, bytes: Uint8Array): void {
    if (!this.#kept.delete(id)) this.#keptBytes += bytes.byteLength;
    this.#kept.set(id, bytes); // the latest used comes last
    for (const [oldest, old] of this.#kept) {
      if (this.#keptBytes <= keptBytesMax) return;
      this.#kept.delete(oldest);
      this.#keptBytes -= old.byteLength;
    }
  }
}
