import { HoldfastError, isFailure } from "@holdfast/base";
import { storageErrors } from "@holdfast/storage";
import { engineErrors } from "../errors.ts";
import type { BlobId, PackId } from "../id.ts";
import type { BlobType } from "../blob.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import { removeFiles } from "../prune/remove-files.ts";
import { ReadBack } from "../repository/read-back.ts";
import type { Repository } from "../repository/repository.ts";
import { replaceIndex } from "./replace-index.ts";

export interface RepairPacksOptions {
  readonly packIds: readonly PackId[];
  /**
   * Puts a copy of a pack aside, as it lies there, before anything is changed; what it throws ends the repair. The copy
   * must be durable when this resolves.
   */
  readonly keepCopy: (id: PackId, pieces: AsyncIterable<Uint8Array>) => Promise<void>;
}

export interface LostBlob {
  readonly type: BlobType;
  readonly id: BlobId;
  readonly packId: PackId;
}

export interface PacksRepair {
  /** Packs that turned out to be as they should; left alone. */
  readonly intact: readonly PackId[];
  /** Packs that are gone from repository and index; what was readable in them lies in new packs. */
  readonly removed: readonly PackId[];
  /** Not stored, or of no known content: no index names it and its own header cannot be read. Left alone. */
  readonly unknown: readonly PackId[];
  readonly salvagedBlobs: number;
  /** Blobs that no pack has readable any more. */
  readonly lost: readonly LostBlob[];
  /** Those of them that the storage would not let go, or index files that name them; a later run may. */
  readonly refused: readonly PackId[];
}

/**
 * Takes everything readable out of damaged packs into new ones, then lets go of the damaged ones: copies aside, new
 * packs, index files that name them, all of that read back, index files without the damaged, and the packs themselves
 * last. Killed in between, whatever could be read before can be read afterwards, and the next run goes on.
 *
 * @param repository its exclusive lock is held by the caller
 * @throws what the storage or `keepCopy` throws
 * @see restic-format section 16
 */
export async function repairPacks(
  repository: Repository,
  options: RepairPacksOptions,
  signal?: AbortSignal,
): Promise<PacksRepair> {
  await repository.loadIndex(signal);
  const asked = new Set(options.packIds);
  const indexed = new Map<PackId, PackedBlob[]>([...asked].map((id) => [id, []]));
  const { wholeIndex } = repository;
  const isAsked = (pack: number) => asked.has(wholeIndex.packId(pack));
  for (const { id, blobs } of wholeIndex.packs(isAsked)) indexed.set(id, blobs);

  const [intact, removed, unknown]: [PackId[], PackId[], PackId[]] = [[], [], []];
  const stored: PackId[] = [];
  for (const [id, blobs] of indexed) {
    const sizeBytes = await sizeOf(repository, id, signal);
    if (sizeBytes === undefined) {
      (blobs.length > 0 ? removed : unknown).push(id);
      continue;
    }
    if (blobs.length > 0 && (await repository.readPack(id, blobs, signal)).findings.length === 0) {
      intact.push(id);
      continue;
    }
    const known = [...blobs, ...(await listedOnlyByHeader(repository, id, sizeBytes, blobs, signal))];
    if (known.length === 0) {
      unknown.push(id);
      continue;
    }
    await options.keepCopy(id, repository.storage.stream({ type: "pack", name: id }, undefined, signal));
    indexed.set(id, known);
    stored.push(id);
    removed.push(id);
  }
  const written = new ReadBack(repository);
  const salvage = new Salvage(repository, new Set(removed), signal);
  for (const id of removed) for (const blob of indexed.get(id)!) await salvage.take(id, blob);
  await repository.flush(signal);
  await written.prove(signal);
  const refused = removed.length === 0 ? [] : await letGo(repository, removed, stored, signal);
  return { intact, removed, unknown, salvagedBlobs: salvage.count, lost: salvage.lost, refused };
}

/** Takes packs out of the index and then out of the storage. @returns those that stay, as under an object lock */
async function letGo(
  repository: Repository,
  packs: readonly PackId[],
  stored: readonly PackId[],
  signal: AbortSignal | undefined,
): Promise<readonly PackId[]> {
  const change = { drop: packs, add: [], removeUnreadable: [], isTidied: false };
  const { refused } = await replaceIndex(repository, change, signal);
  // A pack that an old index file still names must be there for whoever reads that file.
  return refused > 0 ? stored : [...(await removeFiles(repository, "pack", stored, signal))];
}

/** Bytes of a pack; undefined when it is not stored. */
async function sizeOf(repository: Repository, id: PackId, signal?: AbortSignal): Promise<number | undefined> {
  try {
    return (await repository.storage.stat({ type: "pack", name: id }, signal)).sizeBytes;
  } catch (error) {
    if (isFailure(error, storageErrors.missing)) return undefined;
    throw error;
  }
}

/** Where the pack's own header can be read it may know of more than the index does. */
async function listedOnlyByHeader(
  repository: Repository,
  id: PackId,
  sizeBytes: number,
  indexed: readonly PackedBlob[],
  signal?: AbortSignal,
): Promise<PackedBlob[]> {
  try {
    const listed = await repository.readPackHeader(id, sizeBytes, signal);
    return listed.filter((blob) => !indexed.some((known) => known.id === blob.id && known.offset === blob.offset));
  } catch (error) {
    if (isFailure(error, engineErrors.packDamaged)) return [];
    throw error;
  }
}

/** Stores what can be read of packs that are to go, unless another pack has it readable. */
class Salvage {
  readonly #repository: Repository;
  readonly #going: ReadonlySet<PackId>;
  readonly #signal: AbortSignal | undefined;
  readonly #stored = new Set<string>();
  readonly #lost = new Map<string, LostBlob>();
  count = 0;

  constructor(repository: Repository, going: ReadonlySet<PackId>, signal: AbortSignal | undefined) {
    this.#repository = repository;
    this.#going = going;
    this.#signal = signal;
  }

  /** What was in none of the packs, and is nowhere else. */
  get lost(): readonly LostBlob[] {
    return [...this.#lost.values()];
  }

  async take(packId: PackId, blob: PackedBlob): Promise<void> {
    const { type, id } = blob;
    const key = `${type} ${id}`;
    if (this.#stored.has(key)) return;
    const plain = await this.#read(packId, blob);
    const isSafe = await this.#isElsewhere(blob);
    if (plain === undefined && !isSafe) {
      this.#lost.set(key, { type, id, packId });
      return;
    }
    this.#stored.add(key);
    this.#lost.delete(key);
    if (isSafe || plain === undefined) return;
    await this.#repository.saveAnew(type, id, plain, this.#signal);
    this.count += 1;
  }

  async #isElsewhere(blob: PackedBlob): Promise<boolean> {
    for (const place of this.#repository.places(blob.type, blob.id)) {
      if (this.#going.has(place.packId)) continue;
      if ((await this.#read(place.packId, { ...blob, ...place })) !== undefined) return true;
    }
    return false;
  }

  /** The blob's bytes, proven; undefined when they are not there. Tried twice, as a network may err once. */
  async #read(packId: PackId, blob: PackedBlob): Promise<Uint8Array | undefined> {
    const { type, id, offset, length } = blob;
    for (let look = 0; look < 2; look += 1) {
      try {
        const file = { type: "pack", name: packId } as const;
        const sealed = await this.#repository.storage.read(file, { offset, length }, this.#signal);
        return this.#repository.decodeBlob(type, id, { ...blob, packId }, sealed);
      } catch (error) {
        if (isFailure(error, storageErrors.missing) || isFailure(error, storageErrors.shortRead)) return undefined;
        if (!(error instanceof HoldfastError && isFailure(error, engineErrors.packDamaged))) throw error;
      }
    }
    return undefined;
  }
}
