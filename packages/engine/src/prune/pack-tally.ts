import { blobTypes, type BlobType } from "../blob.ts";
import { headerEntryBytes, packBytes } from "../pack/pack-header.ts";
import type { WholeIndex } from "../repository/whole-index.ts";
import type { BlobMarks } from "./blob-marks.ts";
import { eachPlace } from "../repository/each-place.ts";

/** What the index says of each pack, by its number; columns, because there may be a million of them. */
export interface PackTally {
  readonly usedBlobs: Uint32Array;
  readonly unusedBlobs: Uint32Array;
  /** The header's bytes count as used. */
  readonly usedBytes: Float64Array;
  readonly unusedBytes: Float64Array;
  readonly hasData: Uint8Array;
  readonly hasTrees: Uint8Array;
  readonly hasUncompressed: Uint8Array;
  readonly totals: {
    readonly used: Amount;
    /** Copies of used blobs that need not be kept. */
    readonly duplicate: Amount;
    readonly unused: Amount;
  };
}

export interface Amount {
  blobs: number;
  bytes: number;
}

/** Copies of each used blob in stored packs, by its number; 0 for one that is not used or not stored. */
type Copies = Readonly<Record<BlobType, Uint8Array>>;

/** In place of the count: all copies but one were passed over, and that one must be taken. Counts end below it. */
const lastCopy = 255;

/**
 * Adds up what each pack holds. Of a blob that lies in several packs, one copy counts as used.
 * @param isStored whether a pack is there: a copy in one that is not counts for nothing
 * @see restic-format.md section 15
 */
export function tallyPacks(index: WholeIndex, marks: BlobMarks, isStored: (pack: number) => boolean): PackTally {
  const { packCount } = index;
  const tally: PackTally = {
    usedBlobs: new Uint32Array(packCount),
    unusedBlobs: new Uint32Array(packCount),
    usedBytes: new Float64Array(packCount).fill(packBytes([])),
    unusedBytes: new Float64Array(packCount),
    hasData: new Uint8Array(packCount),
    hasTrees: new Uint8Array(packCount),
    hasUncompressed: new Uint8Array(packCount),
    totals: { used: { blobs: 0, bytes: 0 }, duplicate: { blobs: 0, bytes: 0 }, unused: { blobs: 0, bytes: 0 } },
  };
  const duplicateBlobs = new Uint32Array(packCount);
  const copies = countCopies(index, marks, isStored);
  for (const type of blobTypes) {
    const has = type === "data" ? tally.hasData : tally.hasTrees;
    eachPlace(index, type, ({ blob, pack, length, uncompressedLength }) => {
      has[pack] = 1;
      if (uncompressedLength === 0) tally.hasUncompressed[pack] = 1;
      tally.usedBytes[pack]! += headerEntryBytes(uncompressedLength !== 0);
      const isUsed = marks.has(type, blob);
      const isOnlyCopy = copies[type][blob] === 1 && isStored(pack);
      // A blob whose packs are all gone counts as used in each: so the plan sees that a needed pack is missing.
      if (isUsed && (isOnlyCopy || copies[type][blob] === 0)) {
        tally.usedBlobs[pack]! += 1;
        tally.usedBytes[pack]! += length;
        add(tally.totals.used, 1, length);
        return;
      }
      tally.unusedBlobs[pack]! += 1;
      tally.unusedBytes[pack]! += length;
      if (isUsed && isStored(pack)) duplicateBlobs[pack]! += 1;
      add(isUsed ? tally.totals.duplicate : tally.totals.unused, 1, length);
    });
  }
  for (const type of blobTypes) chooseCopies(index, type, tally, copies[type], duplicateBlobs, isStored);
  return tally;
}

function countCopies(index: WholeIndex, marks: BlobMarks, isStored: (pack: number) => boolean): Copies {
  const copies = { data: new Uint8Array(index.blobCount("data")), tree: new Uint8Array(index.blobCount("tree")) };
  for (const type of blobTypes) {
    const counts = copies[type];
    eachPlace(index, type, ({ blob, pack }) => {
      if (marks.has(type, blob) && isStored(pack) && counts[blob]! < lastCopy - 1) counts[blob]! += 1;
    });
  }
  return copies;
}

/**
 * Of each blob with several copies takes one: in a pack that has other used blobs, or in one with nothing but copies,
 * as an interrupted prune leaves it; otherwise the last one met.
 */
function chooseCopies(
  index: WholeIndex,
  type: BlobType,
  tally: PackTally,
  copies: Uint8Array,
  duplicateBlobs: Uint32Array,
  isStored: (pack: number) => boolean,
): void {
  eachPlace(index, type, ({ blob, pack, length }) => {
    const left = copies[blob]!;
    if (left < 2 || !isStored(pack)) return;
    const isOnlyCopies = duplicateBlobs[pack] === tally.unusedBlobs[pack];
    if (tally.usedBlobs[pack] === 0 && !isOnlyCopies && left !== lastCopy) {
      copies[blob] = left === 2 ? lastCopy : left - 1;
      return;
    }
    tally.usedBlobs[pack]! += 1;
    tally.usedBytes[pack]! += length;
    tally.unusedBlobs[pack]! -= 1;
    tally.unusedBytes[pack]! -= length;
    duplicateBlobs[pack]! -= 1;
    add(tally.totals.used, 1, length);
    add(tally.totals.duplicate, -1, -length);
    copies[blob] = 1; // the others stay unused
  });
}

function add(amount: Amount, blobs: number, bytes: number): void {
  amount.blobs += blobs;
  amount.bytes += bytes;
}
