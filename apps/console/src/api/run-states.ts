import type { Run } from "./queries.ts";

/** Whether a run has come to its end, well or not. */
export function isOver(run: Pick<Run, "state">): boolean {
  return run.state !== "queued" && run.state !== "taken" && run.state !== "running";
}
