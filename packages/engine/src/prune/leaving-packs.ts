import { HoldfastError } from "@holdfast/base";
import { blobTypes } from "../blob.ts";
import { engineErrors } from "../errors.ts";
import type { WholeIndex } from "../repository/whole-index.ts";
import { BlobMarks } from "./blob-marks.ts";
import { eachPlace } from "../repository/each-place.ts";
import { expectedSizes } from "./expected-sizes.ts";
import type { PackListing } from "./pack-listing.ts";
import type { PrunePlan } from "./prune-plan.ts";

/**
 * Which packs of a plan may go as things are now, by pack number: 1 where the pack goes. A pack stays when it has the
 * only sound copy of a blob that is used, whatever the plan said. Packs that nobody has any more go from the index.
 * @throws ENGINE_PRUNE_REFUSED when a used blob has no sound copy at all
 */
export function leavingPacks(index: WholeIndex, marks: BlobMarks, listing: PackListing, plan: PrunePlan): Uint8Array {
  const leaving = Uint8Array.from(listing.sizes, (size) => (size < 0 ? 1 : 0));
  for (const id of [...plan.repack, ...plan.remove]) {
    const pack = index.packNumber(id);
    if (pack >= 0) leaving[pack] = 1;
  }
  const expected = expectedSizes(index);
  const isSound = (pack: number) => listing.sizes[pack] === expected[pack];
  const covered = new BlobMarks();
  for (const type of blobTypes) {
    eachPlace(index, type, ({ blob, pack }) => {
      if (leaving[pack] === 0 && isSound(pack)) covered.mark(type, blob);
    });
  }
  for (const type of blobTypes) {
    eachPlace(index, type, ({ blob, pack }) => {
      if (marks.has(type, blob) && isSound(pack) && covered.mark(type, blob)) leaving[pack] = 0;
    });
  }
  for (const type of blobTypes) {
    for (let blob = 0; blob < index.blobCount(type); blob += 1) {
      if (!marks.has(type, blob) || covered.has(type, blob)) continue;
      throw new HoldfastError(
        engineErrors.pruneRefused,
        `The pack with ${type} blob ${index.blobId(type, blob)}, which snapshots need, is missing or cut short. Nothing was removed.`,
      );
    }
  }
  return leaving;
}
