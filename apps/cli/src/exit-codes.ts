import { HoldfastError } from "@holdfast/base";

/** How a command ends, for scripts; the numbers are restic's. */
export const exitCodes = {
  0: "done",
  1: "failed; nothing acknowledged earlier is lost",
  3: "done, but some source data could not be read, some metadata could not be kept, or some snapshots not removed",
  10: "there is no repository at this address",
  11: "the repository is locked by somebody else",
  12: "wrong password",
  130: "interrupted by Ctrl-C or SIGTERM; locks are released",
} as const;
export type ExitCode = keyof typeof exitCodes;

/** Failures that scripts tell apart, by their stable code. Every other failure is 1. */
const exitCodeOfFailure: Readonly<Record<string, ExitCode>> = {
  ENGINE_NO_REPOSITORY: 10,
  ENGINE_LOCKED: 11,
  ENGINE_WRONG_PASSWORD: 12,
  CLI_FORGET_INCOMPLETE: 3,
  CLI_INTERRUPTED: 130,
};

export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof HoldfastError ? (exitCodeOfFailure[error.code] ?? 1) : 1;
}
