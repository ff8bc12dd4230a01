import { HoldfastError, MiB, count } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import type { PackId } from "../id.ts";
import type { WholeIndex } from "../repository/whole-index.ts";
import type { BlobMarks } from "./blob-marks.ts";
import type { PackListing } from "./pack-listing.ts";
import { tallyPacks, type PackTally } from "./pack-tally.ts";
import type { PlanOptions, PrunePlan, UnusedLimit } from "./prune-plan.ts";
import type { PruneStatistics } from "./prune-statistics.ts";

const unusedPercentDefault = 5;
/** Packs below this are too small, whatever the others are like; as restic. */
const smallBytes = 4 * MiB;
/** A pack may be this much below what it is compared with. */
const smallTolerance = 0.8;
/** Fewer small packs are not worth it, and repacking one alone would be repeated for ever. */
const smallPacksMin = 10;

/** What the plan is made from. */
export interface PlanInput {
  readonly index: WholeIndex;
  readonly marks: BlobMarks;
  readonly listing: PackListing;
  readonly version: 1 | 2;
  /** Bytes that new packs get. */
  readonly packBytesTarget: number;
}

/** One pack that might be emptied. */
interface Candidate {
  readonly pack: number;
  readonly mustCompress: boolean;
}

/**
 * Decides which packs stay, go, or are emptied. Changes nothing.
 * @throws ENGINE_PRUNE_REFUSED when a pack with used blobs is missing or has another size than its blobs
 * @see restic-format.md section 15
 */
export function planPrune(input: PlanInput, options: PlanOptions): PrunePlan {
  const { index, marks, listing, version } = input;
  const { sizes, unindexed } = listing;
  const tally = tallyPacks(index, marks, (pack) => sizes[pack]! >= 0);
  const { usedBlobs, unusedBlobs, unusedBytes } = tally;
  refuseIfNeeded(index, listing, tally);

  const smallBelowBytes = smallLimit(input, options);
  const [remove, missing]: [number[], number[]] = [[], []];
  const [candidates, smallCandidates]: [Candidate[], Candidate[]] = [[], []];
  const packs = { used: 0, unused: 0, partlyUsed: 0, keep: 0 };
  const removed = { blobs: 0, bytes: 0 };
  let uncompressedBytes = 0;
  for (let pack = 0; pack < index.packCount; pack += 1) {
    if (usedBlobs[pack] === 0) {
      (sizes[pack]! < 0 ? missing : remove).push(pack);
      if (sizes[pack]! >= 0) packs.unused += 1;
      removed.blobs += unusedBlobs[pack]!;
      removed.bytes += unusedBytes[pack]!;
      continue;
    }
    if (unusedBlobs[pack] === 0) packs.used += 1;
    else packs.partlyUsed += 1;
    const isMixed = tally.hasData[pack] === 1 && tally.hasTrees[pack] === 1;
    const isData = tally.hasTrees[pack] === 0;
    const isUncompressed = version === 2 && tally.hasUncompressed[pack] === 1;
    // Trees must be compressed in version 2: restic's prune would store them again every time.
    const mustCompress = isUncompressed && (!isData || options.repackUncompressed === true);
    if (isUncompressed) uncompressedBytes += sizes[pack]!;
    if (options.repackCacheableOnly === true && isData) packs.keep += 1;
    else if (unusedBlobs[pack] === 0 && !isMixed && !mustCompress) {
      if (sizes[pack]! >= smallBelowBytes) packs.keep += 1;
      else smallCandidates.push({ pack, mustCompress });
    } else candidates.push({ pack, mustCompress });
  }
  if (smallCandidates.length < smallPacksMin) packs.keep += smallCandidates.length;
  else candidates.push(...smallCandidates);

  const { totals } = tally;
  const unusedBytesNow = totals.duplicate.bytes + totals.unused.bytes - removed.bytes;
  const chosen = chooseRepacks(candidates, tally, smallBelowBytes, unusedBytesNow, options);
  packs.keep += candidates.length - chosen.packs.length;
  for (const pack of chosen.packs) {
    if (version === 2 && tally.hasUncompressed[pack] === 1) uncompressedBytes -= sizes[pack]!;
  }

  const idsOf = (numbers: readonly number[]): PackId[] => numbers.map((pack) => index.packId(pack));
  return {
    repack: idsOf(chosen.packs),
    remove: idsOf(remove),
    missing: idsOf(missing),
    unindexed: unindexed.map(({ id }) => id),
    statistics: summarise(),
  };

  function summarise(): PruneStatistics {
    const { used, duplicate, unused } = totals;
    const unreferencedBytes = unindexed.reduce((bytes, { sizeBytes }) => bytes + sizeBytes, 0);
    const totalBlobs = used.blobs + duplicate.blobs + unused.blobs;
    const totalBytes = used.bytes + duplicate.bytes + unused.bytes + unreferencedBytes;
    const removedBlobs = removed.blobs + chosen.removedBlobs;
    const removedBytes = removed.bytes + chosen.removedBytes + unreferencedBytes;
    return {
      blobs: {
        used: used.blobs,
        duplicate: duplicate.blobs,
        unused: unused.blobs,
        total: totalBlobs,
        repack: chosen.blobs,
        repackRemove: chosen.removedBlobs,
        remove: removed.blobs,
        removeTotal: removedBlobs,
        remaining: totalBlobs - removedBlobs,
      },
      bytes: {
        used: used.bytes,
        duplicate: duplicate.bytes,
        unused: unused.bytes,
        unreferenced: unreferencedBytes,
        uncompressed: uncompressedBytes,
        total: totalBytes,
        repack: chosen.bytes,
        repackRemove: chosen.removedBytes,
        remove: removed.bytes,
        removeTotal: removedBytes,
        remaining: totalBytes - removedBytes,
        remainingUnused: unusedBytesNow - chosen.removedBytes,
      },
      packs: {
        ...packs,
        unreferenced: unindexed.length,
        total: packs.used + packs.unused + packs.partlyUsed + unindexed.length,
        repack: chosen.packs.length,
        remove: remove.length,
        removeTotal: remove.length + chosen.packs.length + unindexed.length,
      },
    };
  }
}

/** A used blob in a pack that is gone or has another size: what is left must not be thrown away on top of it. */
function refuseIfNeeded(index: WholeIndex, { sizes }: PackListing, { usedBlobs, usedBytes, unusedBytes }: PackTally) {
  for (let pack = 0; pack < index.packCount; pack += 1) {
    if (usedBlobs[pack] === 0) continue;
    const [expected, size] = [usedBytes[pack]! + unusedBytes[pack]!, sizes[pack]!];
    if (size === expected) continue;
    const what = size < 0 ? "is missing" : `has ${count(size, "byte")} instead of ${expected.toLocaleString("en")}`;
    throw new HoldfastError(
      engineErrors.pruneRefused,
      `Pack ${index.packId(pack)}, which snapshots need, ${what}. Nothing was removed.`,
    );
  }
}

/** Packs below this many bytes are too small. */
function smallLimit({ listing, packBytesTarget }: PlanInput, options: PlanOptions): number {
  if (options.repackSmallerThanBytes !== undefined) return options.repackSmallerThanBytes;
  if (options.repackSmall === true) return smallTolerance * packBytesTarget;
  const stored = listing.sizes.filter((size) => size >= 0).sort();
  const thirdPercentile = stored[Math.floor(stored.length * 0.03)] ?? 0;
  return smallTolerance * Math.max(Math.min(smallBytes, packBytesTarget), thirdPercentile);
}

/** Takes candidates in the order of what they give, until the limits are reached. */
function chooseRepacks(
  candidates: readonly Candidate[],
  { hasTrees, usedBytes, unusedBytes, usedBlobs, unusedBlobs, totals }: PackTally,
  smallBelowBytes: number,
  unusedBytesNow: number,
  options: PlanOptions,
) {
  const bytesOf = (pack: number) => usedBytes[pack]! + unusedBytes[pack]!;
  const isSmall = (pack: number) => bytesOf(pack) < smallBelowBytes;
  const order = candidates.toSorted(
    ({ pack: left }, { pack: right }) =>
      hasTrees[right]! - hasTrees[left]! ||
      Number(isSmall(right)) - Number(isSmall(left)) ||
      unusedBytes[right]! / usedBytes[right]! - unusedBytes[left]! / usedBytes[left]!,
  );
  const limitBytes = unusedLimitBytes(options.maxUnused, totals.used.bytes);
  const chosen = { packs: [] as number[], blobs: 0, bytes: 0, removedBlobs: 0, removedBytes: 0 };
  for (const { pack, mustCompress } of order) {
    if (chosen.bytes + bytesOf(pack) >= (options.maxRepackBytes ?? Infinity)) continue;
    const isDue = hasTrees[pack] === 1 || mustCompress || isSmall(pack);
    if (!isDue && unusedBytesNow - chosen.removedBytes < limitBytes) continue;
    chosen.packs.push(pack);
    chosen.blobs += usedBlobs[pack]! + unusedBlobs[pack]!;
    chosen.bytes += bytesOf(pack);
    chosen.removedBlobs += unusedBlobs[pack]!;
    chosen.removedBytes += unusedBytes[pack]!;
  }
  return chosen;
}

function unusedLimitBytes(limit: UnusedLimit | undefined, usedBytes: number): number {
  if (limit?.kind === "unlimited") return Infinity;
  if (limit?.kind === "bytes") return limit.bytes;
  const percent = limit?.percent ?? unusedPercentDefault;
  return (usedBytes * percent) / (100 - percent);
}
