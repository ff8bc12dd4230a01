import type { MessageFromAgent, RunResult, RunState } from "@holdfast/contract";
import { serverErrors } from "../errors.ts";
import { pathsKey } from "../store/plans.ts";
import type { RunRow } from "../store/runs.ts";
import type { Failure } from "../store/tables.ts";

export type FinishedMessage = Extract<MessageFromAgent, { type: "finished" }>;

/** How a run is recorded to have ended. */
export interface Verdict {
  readonly state: Extract<RunState, "succeeded" | "warning" | "failed" | "cancelled">;
  readonly result: RunResult | null;
  readonly failure: Failure | null;
}

/**
 * What to believe of a report: a run ended well only with the result that belongs to what was asked. Pure; the drill's
 * certificate is judged in drill-certificate.ts.
 */
export function judgeReport(run: Pick<RunRow, "kind" | "ask">, report: FinishedMessage): Verdict {
  const { outcome, result, failure } = report;
  if (outcome === "failed" || outcome === "cancelled") {
    // A drill that found differences fails and still says what it found; other results of failed runs mean nothing.
    const kept = result?.kind === "drill" && run.kind === "drill" ? result : null;
    return { state: outcome, result: kept, failure: failure ?? (outcome === "failed" ? badReport("no reason") : null) };
  }
  if (result === null || result.kind !== run.kind) return refuse("a result of another kind");
  if (result.kind === "assess" && run.ask.kind === "assess") {
    if (pathsKey(result.assessment.paths) !== pathsKey(run.ask.paths)) return refuse("other paths");
  }
  if (result.kind === "replicate" && run.ask.kind === "replicate") {
    if (result.place !== run.ask.place) return refuse("another place");
  }
  if (result.kind === "prepare-vault" && report.sealedPassword === undefined) return refuse("no sealed password");
  if (result.kind === "drill" && report.certificate === undefined) return refuse("no certificate");
  return { state: outcome, result, failure };
}

export function refuse(why: string): Verdict {
  return { state: "failed", result: null, failure: badReport(why) };
}

function badReport(why: string): Failure {
  const { code, cause, cure } = serverErrors.badReport;
  return { code, message: `${cause.slice(0, -1)} (${why}).`, cure };
}
