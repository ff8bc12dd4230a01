import { HoldfastError } from "@holdfast/base";
import type { RunResult } from "@holdfast/contract";
import { agentErrors } from "../errors.ts";
import type { JobOutcome } from "./run-context.ts";

/**
 * Anything thrown, in the words of docs/errors.md. What only our own log may hear (`internal`, and the words of what we
 * did not expect, which may hold anything) stays on this machine.
 */
export function failureReport(error: unknown): NonNullable<JobOutcome["failure"]> {
  const failure =
    error instanceof HoldfastError
      ? error
      : new HoldfastError(agentErrors.unexpected, "The run failed for a reason that Holdfast has no name for.");
  return { code: failure.code, message: failure.message.slice(0, 2000), cure: failure.cure.slice(0, 1000) };
}

/** What our own log may hear besides the message. */
export function detailOf(error: unknown): string {
  if (error instanceof HoldfastError) return error.internal;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

export function succeeded(result: RunResult): JobOutcome {
  return { outcome: "succeeded", result, failure: null };
}

export function failed(error: unknown): JobOutcome {
  return { outcome: "failed", result: null, failure: failureReport(error) };
}
