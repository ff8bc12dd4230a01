import { HoldfastError } from "@holdfast/base";

/** True when the server no longer knows the session; being refused one operation is another matter. */
export function isSignedOut(error: unknown): boolean {
  return error instanceof HoldfastError && error.code === "SIGN_IN_NEEDED";
}
