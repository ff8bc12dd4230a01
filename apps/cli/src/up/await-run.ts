import { HoldfastError, count, formatBytes, type Clock } from "@holdfast/base";
import type { ApiClient } from "@holdfast/client";
import type { Run, RunResult } from "@holdfast/contract";
import type { ProgressText } from "../output/progress.ts";
import { upErrors } from "./errors.ts";

const askEveryMs = 250;
/** States after which nothing more happens to a run. */
const over: ReadonlySet<Run["state"]> = new Set(["succeeded", "warning", "failed", "cancelled", "lost"]);

export interface Waiting {
  readonly apiClient: ApiClient;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/**
 * Waits until a run is over and gives it; a drill that found differences ends well as a run.
 * @throws the run's own failure when it named one, UP_RUN_FAILED
 */
export async function awaitRun(
  { apiClient, clock, signal }: Waiting,
  begun: Run,
  report: (progress: ProgressText) => void,
): Promise<Run> {
  let run = begun;
  while (!over.has(run.state)) {
    if (run.progress !== null) report(progressText(run.progress));
    await clock.sleep(askEveryMs, signal);
    run = await apiClient.call("getRun", { params: { runId: begun.runId } }, signal);
  }
  if (run.state === "succeeded" || run.state === "warning") return run;
  if (run.failure !== null) {
    const { code, message, cure } = run.failure;
    throw new HoldfastError({ code, kind: "unavailable", cause: message, cure }, message);
  }
  throw new HoldfastError(upErrors.runFailed, `The ${run.kind} run ${run.runId} ended as ${run.state}.`);
}

/** The result of a run of a kind that the caller asked for. */
export function resultOf<Kind extends RunResult["kind"]>(run: Run, kind: Kind): Extract<RunResult, { kind: Kind }> {
  if (run.result?.kind === kind) return run.result as Extract<RunResult, { kind: Kind }>;
  throw new HoldfastError(upErrors.runFailed, `The ${kind} run ${run.runId} ended without a result.`);
}

function progressText(progress: NonNullable<Run["progress"]>): ProgressText {
  const { phase, filesDone, bytesDone, totalFiles, totalBytes, errors, current } = progress;
  const noun = phase === "replicate" ? "snapshot" : "file"; // what a replication counts
  const number = filesDone.toLocaleString("en");
  const files = totalFiles === undefined ? count(filesDone, noun) : `${number} of ${count(totalFiles, noun)}`;
  const bytes =
    totalBytes === undefined ? formatBytes(bytesDone) : `${formatBytes(bytesDone)} of ${formatBytes(totalBytes)}`;
  const trouble = errors === 0 ? "" : `, ${count(errors, "error")}`;
  return {
    fraction: totalBytes === undefined || totalBytes === 0 ? undefined : Math.min(1, bytesDone / totalBytes),
    text: `${phase === "compare" ? "comparing " : ""}${files}, ${bytes}${trouble}`,
    detail: current[0] ?? "",
  };
}
