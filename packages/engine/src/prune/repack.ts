import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import type { PackId } from "../id.ts";
import { runsOf } from "../pack-reads/runs.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import { inParallel } from "../repository/in-parallel.ts";
import type { Repository } from "../repository/repository.ts";
import { BlobMarks } from "./blob-marks.ts";
import { eachPlace } from "./each-place.ts";

/** Packs read at once; each may have a request of 16 MiB in memory. */
const packsAtOnce = 4;

export interface RepackOptions {
  /** Compress data that was stored without. Directory listings always are. */
  readonly recompressData: boolean;
  /** Hears of each pack that was emptied, with its bytes that were kept. */
  readonly onPack: (keptBytes: number) => void;
}

/**
 * Stores another copy of each used blob that only packs of `leaving` hold, and the index files that name the copies.
 * Removes nothing: whoever works beside it sees more copies, never fewer.
 *
 * A blob moves with its sealed bytes as they are, once they are proven: same key, so no need to compress or encrypt.
 * Only blobs that the index knows are stored, so the numbers of those that it knew stay what they were.
 * @param leaving packs that will go: those to be emptied, and those without used blobs
 * @throws ENGINE_PRUNE_REFUSED when a blob cannot be read from any pack
 */
export async function repack(
  repository: Repository,
  repackIds: readonly PackId[],
  leaving: ReadonlySet<PackId>,
  marks: BlobMarks,
  options: RepackOptions,
  signal?: AbortSignal,
): Promise<void> {
  const index = repository.wholeIndex;
  const isLeaving = packFlags(index.packCount, leaving, (id) => index.packNumber(id));
  const isEmptied = packFlags(index.packCount, repackIds, (id) => index.packNumber(id));
  const kept = new BlobMarks();
  for (const type of ["data", "tree"] as const) {
    eachPlace(index, type, ({ blob, pack }) => {
      if (isLeaving[pack] === 0) kept.mark(type, blob);
    });
  }
  const connections = Math.max(1, repository.storage.properties.connectionsMax);
  const packs = index.packs((pack) => isEmptied[pack] === 1);
  await inParallel(packs, Math.min(packsAtOnce, connections), async ({ id, blobs }) => {
    const wanted = blobs.filter(({ type, id: blobId }) => {
      const blob = index.blobNumber(type, blobId);
      return marks.has(type, blob) && kept.mark(type, blob);
    });
    let keptBytes = 0;
    for (const run of runsOf(wanted)) keptBytes += await copyRun(repository, id, run, options, signal);
    options.onPack(keptBytes);
  });
  await repository.flush(signal);
}

async function copyRun(
  repository: Repository,
  packId: PackId,
  run: readonly PackedBlob[],
  options: RepackOptions,
  signal: AbortSignal | undefined,
): Promise<number> {
  const from = run[0]!.offset;
  const length = run.at(-1)!.offset + run.at(-1)!.length - from;
  const stored = await unlessDamaged(
    repository.storage.read({ type: "pack", name: packId }, { offset: from, length }, signal),
  );
  for (const blob of run) {
    const { type, id, offset, uncompressedLength } = blob;
    const isLeftPlain = uncompressedLength === 0 && repository.version === 2;
    const recompress = isLeftPlain && (type === "tree" || options.recompressData);
    const sealed = stored?.subarray(offset - from, offset - from + blob.length);
    const place = { packId, offset, length: blob.length, uncompressedLength };
    const plain = sealed && decodeUnlessDamaged(() => repository.decodeBlob(type, id, place, sealed));
    if (plain === undefined) await copyFromElsewhere(repository, blob, signal);
    else if (recompress) await repository.saveAnew(type, id, plain, signal);
    else await repository.saveCopy(type, id, place, sealed!, signal);
  }
  return run.reduce((bytes, blob) => bytes + blob.length, 0);
}

/** A blob that this pack no longer has whole may be whole in another one. */
async function copyFromElsewhere(
  repository: Repository,
  { type, id }: PackedBlob,
  signal: AbortSignal | undefined,
): Promise<void> {
  let plain: Uint8Array;
  try {
    plain = await repository.loadBlob(type, id, signal);
  } catch (error) {
    if (!isDamage(error)) throw error;
    const message = `A piece that snapshots need is damaged, so nothing was removed: ${type} blob ${id}.`;
    throw new HoldfastError(engineErrors.pruneRefused, message, { cause: error, internal: error.message });
  }
  await repository.saveAnew(type, id, plain, signal);
}

async function unlessDamaged<Result>(reading: Promise<Result>): Promise<Result | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (!isDamage(error)) throw error;
    return undefined;
  }
}

function decodeUnlessDamaged(decode: () => Uint8Array): Uint8Array | undefined {
  try {
    return decode();
  } catch (error) {
    if (!isDamage(error)) throw error;
    return undefined;
  }
}

function isDamage(error: unknown): error is HoldfastError {
  return error instanceof HoldfastError && (error.kind === "damaged" || error.kind === "missing");
}

/** One byte for each pack, 1 for those of `ids`. */
function packFlags(packCount: number, ids: Iterable<PackId>, numberOf: (id: PackId) => number): Uint8Array {
  const flags = new Uint8Array(packCount);
  for (const id of ids) if (numberOf(id) >= 0) flags[numberOf(id)] = 1;
  return flags;
}
