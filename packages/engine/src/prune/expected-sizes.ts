import { blobTypes } from "../blob.ts";
import { headerEntryBytes, packBytes } from "../pack/pack-header.ts";
import type { WholeIndex } from "../repository/whole-index.ts";
import { eachPlace } from "../repository/each-place.ts";

/** Bytes that each pack must have, from what the index says is in it. */
export function expectedSizes(index: WholeIndex): Float64Array {
  const sizes = new Float64Array(index.packCount).fill(packBytes([]));
  for (const type of blobTypes) {
    eachPlace(index, type, ({ pack, length, uncompressedLength }) => {
      sizes[pack]! += length + headerEntryBytes(uncompressedLength !== 0);
    });
  }
  return sizes;
}
