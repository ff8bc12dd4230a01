import { HoldfastError } from "@holdfast/base";
import type { Decoder } from "../repository/decoder.ts";
import { SharedBlobSet, type SharedBlobSetHandle } from "../tables/shared-blob-set.ts";
import { treeNodes } from "../tree/tree-reader.ts";
import { PlainListings } from "./plain-listings.ts";

/** Directory listings that lie near each other in a pack. */
export interface TreeJob {
  /** The index's blobs, by whose numbers trees are spoken of. */
  readonly known: SharedBlobSetHandle;
  /** `treeJobWords` words for each listing: its number; where it lies in `bytes`, its length there and unpacked. */
  readonly trees: Uint32Array;
  readonly bytes: Uint8Array;
}

export const treeJobWords = 4;

/**
 * Looks at listings and answers for those without any fault: their bytes are proven, every entry is in order, and the
 * index knows all that they name. Of the others nothing is said; who wants to know what is wrong looks at them again.
 * @returns for each sound listing its number, how many subtrees it names, and their numbers
 */
export function soundTrees(decoder: Decoder, { known, trees, bytes }: TreeJob): Uint32Array {
  const blobs = SharedBlobSet.attach(known);
  const listings = new PlainListings(blobs);
  const found: number[] = [];
  for (let at = 0; at < trees.length; at += treeJobWords) {
    const number = trees[at]!;
    const begin = trees[at + 1]!;
    const stored = bytes.subarray(begin, begin + trees[at + 2]!);
    const id = blobs.ids.tree.at(number);
    let plain: Uint8Array;
    try {
      plain = decoder.prove(id, trees[at + 3]!, stored);
    } catch {
      continue; // damaged, here or on the way
    }
    const subtrees = subtreesOf(plain, listings, blobs);
    if (subtrees === undefined) continue;
    found.push(number, subtrees.length);
    for (const subtree of subtrees) found.push(subtree);
  }
  return Uint32Array.from(found);
}

/** The numbers of a listing's subtrees; undefined when anything is wrong with it. */
function subtreesOf(plain: Uint8Array, listings: PlainListings, blobs: SharedBlobSet): number[] | undefined {
  const subtrees: number[] = [];
  let isSound = true;
  try {
    const known = listings.subtreesOf(plain);
    if (known !== undefined) return known;
    for (const { subtree, content } of treeNodes(plain, () => (isSound = false))) {
      if (subtree !== undefined) subtrees.push(blobs.ids.tree.find(subtree));
      for (const id of content ?? []) isSound &&= blobs.ids.data.find(id) >= 0;
      if (!isSound) return undefined;
    }
  } catch (error) {
    if (error instanceof HoldfastError && error.kind === "damaged") return undefined;
    throw error;
  }
  return isSound && !subtrees.includes(-1) ? subtrees : undefined;
}
