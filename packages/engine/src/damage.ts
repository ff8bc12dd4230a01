import { HoldfastError, isFailure } from "@holdfast/base";
import { engineErrors } from "./errors.ts";

/** True for the errors that mean: the repository does not have this any more as it was. */
export function isDamage(error: unknown): error is HoldfastError {
  return (
    error instanceof HoldfastError && error.kind === "damaged" && !isFailure(error, engineErrors.verificationFailed)
  );
}
