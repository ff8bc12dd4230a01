import { HoldfastError, minuteMs } from "@holdfast/base";
import { isDamage } from "../damage.ts";
import { engineErrors } from "../errors.ts";
import type { SnapshotId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import type { StoredSnapshot } from "../snapshot/snapshot.ts";
import { listSnapshots, saveSnapshot } from "../snapshot/snapshot-store.ts";
import { Copier } from "./copier.ts";
import { isSimilar, originOf } from "./similar.ts";

export interface CopyOptions {
  readonly from: Repository;
  readonly to: Repository;
  /** Default all that the destination does not have. */
  readonly snapshotIds?: readonly SnapshotId[];
}

export interface CopyProgress {
  readonly snapshotsDone: number;
  readonly snapshotsTotal: number;
  /** Blobs and bytes that the destination did not have; bytes before compression. */
  readonly blobsDone: number;
  readonly bytesDone: number;
  readonly secondsElapsed: number;
}

export interface FailedSnapshot {
  readonly id: SnapshotId;
  readonly code: string;
  readonly message: string;
}

export interface CopyResult {
  readonly copied: readonly { readonly from: SnapshotId; readonly to: SnapshotId }[];
  /** The destination had them. */
  readonly skipped: readonly SnapshotId[];
  /** Damaged in the source, so not copied; the others are. */
  readonly failed: readonly FailedSnapshot[];
  readonly blobs: number;
  /** Before compression. */
  readonly bytes: number;
}

/** Snapshots are named when this much was written or this long has passed: fewer, fuller packs. As restic. */
const batchPacks = 100;
const batchMs = minuteMs;

/**
 * Copies snapshots with everything they need to another repository. Each blob is decrypted and its hash compared
 * before it is stored there, directory listings byte for byte, so a damaged source cannot spread.
 *
 * Keys and chunker polynomials may differ; with different polynomials later backups find nothing to share.
 *
 * @param options the caller holds a shared lock on both repositories
 * @throws when a storage fails or on abort; snapshots named until then are complete, and a new call goes on
 * @see restic-format.md section 17
 */
export async function copySnapshots(
  options: CopyOptions,
  onProgress: (progress: CopyProgress) => void = () => {},
  signal?: AbortSignal,
): Promise<CopyResult> {
  const { from, to } = options;
  const { clock } = to.context;
  const startedMs = clock.monotonicMs();
  const failed: FailedSnapshot[] = [];
  const { wanted, skipped } = await chooseSnapshots(options, failed, signal);
  await from.loadIndex(signal);
  await to.loadIndex(signal);

  const copied: { from: SnapshotId; to: SnapshotId }[] = [];
  const tell = () => {
    const secondsElapsed = (clock.monotonicMs() - startedMs) / 1000;
    const { blobs: blobsDone, bytes: bytesDone } = copier;
    onProgress({ snapshotsDone: copied.length, snapshotsTotal: wanted.length, blobsDone, bytesDone, secondsElapsed });
  };
  const copier = new Copier(from, to, tell, signal ?? new AbortController().signal);

  let batch: StoredSnapshot[] = [];
  let batchBytes = 0;
  let batchStartedMs = startedMs;
  const finishBatch = async () => {
    await to.flush(signal);
    for (const snapshot of batch) {
      const original = originOf(snapshot);
      copied.push({
        from: snapshot.id,
        to: await saveSnapshot(to, { ...snapshot, parent: undefined, original }, signal),
      });
      tell();
    }
    batch = [];
    batchBytes = copier.bytes;
    batchStartedMs = clock.monotonicMs();
  };

  for (const snapshot of wanted) {
    try {
      await copier.copyTree(snapshot.tree);
      batch.push(snapshot);
    } catch (error) {
      if (!isDamage(error)) throw error;
      failed.push({ id: snapshot.id, code: error.code, message: error.message });
    }
    const isLarge = copier.bytes - batchBytes >= batchPacks * to.packBytesTarget;
    if (isLarge && clock.monotonicMs() - batchStartedMs >= batchMs) await finishBatch();
  }
  await finishBatch();
  return { copied, skipped, failed, blobs: copier.blobs, bytes: copier.bytes };
}

/** Oldest first, so that an interrupted copy has copied history from its beginning. */
async function chooseSnapshots(
  { from, to, snapshotIds }: CopyOptions,
  failed: FailedSnapshot[],
  signal: AbortSignal | undefined,
): Promise<{ wanted: StoredSnapshot[]; skipped: SnapshotId[] }> {
  const isAskedFor = (id: SnapshotId) => snapshotIds === undefined || snapshotIds.includes(id);
  const source = await listSnapshots(
    from,
    (id, { code, message }) => isAskedFor(id) && failed.push({ id, code, message }),
    signal,
  );
  const unknown = snapshotIds?.find((id) => ![...source, ...failed].some((snapshot) => snapshot.id === id));
  if (unknown !== undefined)
    throw new HoldfastError(engineErrors.snapshotMissing, `There is no snapshot ${unknown} to copy.`);
  const there = await listSnapshots(to, () => {}, signal); // a damaged copy is made anew
  const asked = source.filter((snapshot) => isAskedFor(snapshot.id));
  const { wanted = [], skipped = [] } = Object.groupBy(asked, (snapshot) =>
    there.some((copy) => isSimilar(snapshot, copy)) ? "skipped" : "wanted",
  );
  return { wanted, skipped: skipped.map((snapshot) => snapshot.id) };
}
