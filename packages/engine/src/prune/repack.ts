import { MiB } from "@holdfast/base";
import type { PackId } from "../id.ts";
import { readStretch } from "../pack-reads/read-stretch.ts";
import { runsOf } from "../pack-reads/runs.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import { inParallel } from "../repository/in-parallel.ts";
import type { Repository } from "../repository/repository.ts";
import { BlobMarks } from "./blob-marks.ts";
import { CopiedPacks, saveFromAnywhere } from "./copied-packs.ts";
import { eachPlace } from "../repository/each-place.ts";

/** Packs read at once. */
const packsAtOnce = 3;
/** Bytes of one request, in memory that is used again and again. */
const readBytesMax = 4 * MiB;

export interface RepackOptions {
  /** Of the packs to be emptied. */
  readonly bytesExpected: number;
  /** Compress data that was stored without. Directory listings always are. */
  readonly recompressData: boolean;
  /** Hears of each pack that was emptied. */
  readonly onPack: (id: PackId) => void;
}

/**
 * Stores another copy of each used blob that only packs of `leaving` hold, and the index files that name the copies.
 * Removes nothing: whoever works beside it sees more copies, never fewer.
 *
 * A blob moves with its sealed bytes as they are: same key, so no need to compress or encrypt.
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
  const spares: ArrayBuffer[] = [];
  const copies = new CopiedPacks(repository, options.bytesExpected, signal);
  try {
    const connections = Math.max(1, repository.storage.properties.connectionsMax);
    const packs = index.packs((pack) => isEmptied[pack] === 1);
    await inParallel(packs, Math.min(packsAtOnce, connections), async ({ id, blobs }) => {
      const wanted = blobs.filter(({ type, id: blobId }) => {
        const blob = index.blobNumber(type, blobId);
        return marks.has(type, blob) && kept.mark(type, blob);
      });
      const spare = spares.pop() ?? new ArrayBuffer(readBytesMax);
      for (const run of runsOf(wanted, readBytesMax))
        await copyRun(repository, id, run, copies, options, spare, signal);
      spares.push(spare);
      options.onPack(id);
    });
    await copies.finish();
  } finally {
    await copies.end();
  }
  await repository.flush(signal);
}

async function copyRun(
  repository: Repository,
  packId: PackId,
  run: readonly PackedBlob[],
  copies: CopiedPacks,
  { recompressData }: RepackOptions,
  spare: ArrayBuffer,
  signal: AbortSignal | undefined,
): Promise<void> {
  const from = run[0]!.offset;
  const length = run.at(-1)!.offset + run.at(-1)!.length - from;
  const stretch = { packId, offset: from, length, ...(length <= spare.byteLength && { spare }) };
  const bytes = await readStretch(repository, stretch, signal);
  for (const { type, id, offset, length: blobLength, uncompressedLength } of run) {
    const isLeftPlain = uncompressedLength === 0 && repository.version === 2;
    if (bytes === undefined || (isLeftPlain && (type === "tree" || recompressData)))
      await saveFromAnywhere(repository, type, id, signal);
    else {
      const stored = bytes.subarray(offset - from, offset - from + blobLength);
      await copies.add(type, { id, stored, uncompressedLength });
    }
  }
}

/** One byte for each pack, 1 for those of `ids`. */
function packFlags(packCount: number, ids: Iterable<PackId>, numberOf: (id: PackId) => number): Uint8Array {
  const flags = new Uint8Array(packCount);
  for (const id of ids) if (numberOf(id) >= 0) flags[numberOf(id)] = 1;
  return flags;
}
