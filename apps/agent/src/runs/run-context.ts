import type { EngineContext } from "@holdfast/engine";
import type { Job, MessageFromAgent, RunKind, RunProgress } from "@holdfast/contract";

export type JobOf<Kind extends RunKind> = Extract<Job, { kind: Kind }>;

/** What a job gets from the run it is done in: time, chance and log, an end, and somebody to tell. */
export interface RunContext extends EngineContext {
  readonly runId: string;
  /** Aborted when the run is cancelled, its lease is lost, or the part stops; nothing is written after that. */
  readonly signal: AbortSignal;
  /** May be called as often as one likes; what goes out is thinned. */
  progress(progress: RunProgress): void;
  /** A line of the run's log, which people read in the console. Never a secret. */
  say(level: "info" | "warning" | "error", text: string): void;
}

/** How a job came out, as the server is told. A job that could not be done throws instead. */
export type JobOutcome = Omit<Extract<MessageFromAgent, { type: "finished" }>, "type" | "runId" | "leaseId">;

/** What one role does. A kind that is absent is refused. */
export type JobTable = { readonly [Kind in RunKind]?: (job: JobOf<Kind>, run: RunContext) => Promise<JobOutcome> };
