import { blobTypes } from "../blob.ts";
import type { IndexId, PackId } from "../id.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import type { WholeIndex } from "../repository/whole-index.ts";
import { eachPlace } from "../repository/each-place.ts";

/** Blobs of a full index file; restic's number. */
const indexFileBlobs = 50_000;
/** An index file beyond this is split: a full one, and one pack with as many blobs as a header can have. */
const oversizedBlobs = indexFileBlobs + 400_000;
/** So many index files that are not full are worth being put together for their own sake. */
const smallFilesMin = 10;

export interface IndexRewrite {
  /** Index files to be removed when the new ones are there. */
  readonly obsolete: readonly IndexId[];
  /** Packs that the new files must name: those of obsolete files that stay and that no other file names. */
  readonly named: Uint8Array;
}

/**
 * Chooses the index files that have to be written anew so that nobody names a leaving pack: those that do, those that
 * name a pack that an earlier one names as well, and the small ones, put together.
 * @param isLeaving 1 for each pack that will go, by its number
 * @param splitPacks packs whose entry is spread over several, to be written as one
 * @see restic-format.md sections 6 and 15
 */
export function planIndexRewrite(
  index: WholeIndex,
  isLeaving: Uint8Array,
  splitPacks: readonly PackId[],
): IndexRewrite {
  const blobsOfPack = countBlobs(index);
  const isSplit = new Set(splitPacks.map((id) => index.packNumber(id)));
  const isNamedBefore = new Uint8Array(index.packCount);
  const obsolete = new Set<IndexId>();
  const small: IndexId[] = [];
  for (const [file, packs] of index.files) {
    let [blobs, isTouched] = [0, packs.length === 0];
    for (const pack of packs) {
      if (isLeaving[pack] === 1 || isNamedBefore[pack] === 1 || isSplit.has(pack)) isTouched = true;
      blobs += blobsOfPack[pack]!;
    }
    // A file that goes does not name its packs for those that come after it.
    if (isTouched || blobs > oversizedBlobs) obsolete.add(file);
    else {
      for (const pack of packs) isNamedBefore[pack] = 1;
      if (blobs < indexFileBlobs) small.push(file);
    }
  }
  if (small.length >= smallFilesMin || (obsolete.size > 0 && small.length > 0))
    for (const file of small) obsolete.add(file);

  const named = new Uint8Array(index.packCount);
  for (const file of obsolete) for (const pack of index.files.get(file)!) if (isLeaving[pack] === 0) named[pack] = 1;
  for (const [file, packs] of index.files) if (!obsolete.has(file)) for (const pack of packs) named[pack] = 0;
  return { obsolete: [...obsolete], named };
}

/** The packs, as many together as a full index file names. */
export function* indexFileGroups(
  packs: Iterable<{ id: PackId; blobs: PackedBlob[] }>,
): Generator<{ id: PackId; blobs: PackedBlob[] }[]> {
  let group: { id: PackId; blobs: PackedBlob[] }[] = [];
  let blobs = 0;
  for (const pack of packs) {
    group.push(pack);
    blobs += pack.blobs.length;
    if (blobs < indexFileBlobs) continue;
    yield group;
    [group, blobs] = [[], 0];
  }
  if (group.length > 0) yield group;
}

function countBlobs(index: WholeIndex): Uint32Array {
  const counts = new Uint32Array(index.packCount);
  for (const type of blobTypes) eachPlace(index, type, ({ pack }) => (counts[pack]! += 1));
  return counts;
}
