import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";

/**
 * Steps that finding an id may take. Ids are hashes, so even among a hundred million of them it takes some dozens; only
 * ids that somebody made up to begin alike take more, and a million of those would keep a machine busy for a day.
 */
export const stepsMax = 4096;

export function forgedIds(): HoldfastError {
  return new HoldfastError(
    engineErrors.forgedIds,
    "Thousands of ids begin alike, which those of real content never do.",
  );
}
