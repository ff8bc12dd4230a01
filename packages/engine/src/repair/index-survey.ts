import { isFailure } from "@holdfast/base";
import { storageErrors } from "@holdfast/storage";
import { engineErrors } from "../errors.ts";
import type { IndexId, PackId } from "../id.ts";
import { packBytes, type PackedBlob } from "../pack/pack-header.ts";
import { inParallel } from "../repository/in-parallel.ts";
import type { Repository } from "../repository/repository.ts";

/** A pack with everything in it, as an index file names it. */
export interface NamedPack {
  readonly id: PackId;
  readonly blobs: PackedBlob[];
}

/** How the index and the packs that are really there differ. Nothing was changed to find out. */
export interface IndexSurvey {
  /** Index files that cannot be read. */
  readonly unreadable: readonly IndexId[];
  /** Packs that are stored and that no index file names, by their own headers. */
  readonly found: readonly NamedPack[];
  /** Packs of which the index says something else than they do; as they say. */
  readonly corrected: readonly NamedPack[];
  /** Packs that the index names and that are not there, or so short that nothing of what it names is. */
  readonly gone: readonly PackId[];
  /** Stored, but their headers cannot be read. What the index says of them, if it knows them, may save some blobs. */
  readonly damaged: readonly { readonly id: PackId; readonly isIndexed: boolean; readonly message: string }[];
}

export interface SurveyProgress {
  readonly packsRead: number;
  readonly packsToRead: number;
}

/**
 * Holds the index against the packs. Headers are read of those that the index does not know or knows in another size, or
 * of all.
 *
 * @throws what the storage throws; a pack that only cannot be reached now is no finding
 */
export async function surveyIndex(
  repository: Repository,
  readAllPacks: boolean,
  onProgress: (progress: SurveyProgress) => void,
  signal?: AbortSignal,
): Promise<IndexSurvey> {
  const unreadable: IndexId[] = [];
  await repository.loadIndex(signal, (id) => unreadable.push(id));
  const listed = new Map<PackId, number>();
  for await (const { name, sizeBytes } of repository.storage.list("pack", signal)) {
    listed.set(name as PackId, sizeBytes);
  }
  const indexed = indexedPacks(repository, listed, readAllPacks);
  const gone = await confirmGone(repository, indexed.missing, signal);
  const unindexed = [...listed.keys()].filter((id) => !indexed.isNamed(id));
  const toRead = [...unindexed, ...indexed.doubtful.keys()];

  const [found, corrected]: [NamedPack[], NamedPack[]] = [[], []];
  const damaged: { id: PackId; isIndexed: boolean; message: string }[] = [];
  let packsRead = 0;
  await inParallel(toRead, Math.max(1, repository.storage.properties.connectionsMax), async (id) => {
    const known = indexed.doubtful.get(id);
    try {
      const blobs = await repository.readPackHeader(id, listed.get(id)!, signal);
      if (known === undefined) found.push({ id, blobs });
      else if (!isSameList(known, blobs)) corrected.push({ id, blobs });
    } catch (error) {
      if (!isFailure(error, engineErrors.packDamaged)) throw error;
      const isNothingLeft = known?.every(({ offset, length }) => offset + length > listed.get(id)!) ?? false;
      if (isNothingLeft) gone.push(id);
      else damaged.push({ id, isIndexed: known !== undefined, message: error.message });
    }
    packsRead += 1;
    onProgress({ packsRead, packsToRead: toRead.length });
  });
  return { unreadable, found, corrected, gone, damaged };
}

interface IndexedPacks {
  /** Packs whose headers are worth a look, with what the index says of them. */
  readonly doubtful: ReadonlyMap<PackId, PackedBlob[]>;
  /** Packs that are not listed. */
  readonly missing: readonly PackId[];
  isNamed(id: PackId): boolean;
}

function indexedPacks(
  repository: Repository,
  listed: ReadonlyMap<PackId, number>,
  isEveryDoubtful: boolean,
): IndexedPacks {
  const index = repository.wholeIndex;
  // An index file that broke off in the middle made packs known that no readable file names.
  const isNamedByFile = new Uint8Array(index.packCount);
  for (const packs of index.files.values()) for (const pack of packs) isNamedByFile[pack] = 1;
  const doubtful = new Map<PackId, PackedBlob[]>();
  const missing: PackId[] = [];
  for (const { id, blobs } of index.packs((pack) => isNamedByFile[pack] === 1)) {
    const sizeBytes = listed.get(id);
    if (sizeBytes === undefined) missing.push(id);
    else if (isEveryDoubtful || sizeBytes !== packBytes(blobs)) doubtful.set(id, blobs);
  }
  return { doubtful, missing, isNamed: (id) => isNamedByFile[index.packNumber(id)] === 1 };
}

/** A listing may leave something out; what is forgotten because of it would be lost. So each pack is asked for. */
async function confirmGone(
  repository: Repository,
  missing: readonly PackId[],
  signal: AbortSignal | undefined,
): Promise<PackId[]> {
  const gone: PackId[] = [];
  await inParallel(missing, Math.max(1, repository.storage.properties.connectionsMax), async (name) => {
    try {
      await repository.storage.stat({ type: "pack", name }, signal);
    } catch (error) {
      if (!isFailure(error, storageErrors.missing)) throw error;
      gone.push(name);
    }
  });
  return gone;
}

function isSameList(left: readonly PackedBlob[], right: readonly PackedBlob[]): boolean {
  const isSame = (blob: PackedBlob, other: PackedBlob) =>
    blob.type === other.type &&
    blob.id === other.id &&
    blob.offset === other.offset &&
    blob.length === other.length &&
    blob.uncompressedLength === other.uncompressedLength;
  return left.length === right.length && left.every((blob, at) => isSame(blob, right[at]!));
}
