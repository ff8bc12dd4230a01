import { HoldfastError, unreachable } from "@holdfast/base";
import type { Job } from "@holdfast/contract";
import { agentErrors } from "../errors.ts";
import type { JobOutcome, JobTable, RunContext } from "./run-context.ts";

/** Does `job` as the role's table says. @throws AGENT_UNKNOWN_JOB for one it does not have, or whatever the job throws */
export async function perform(table: JobTable, job: Job, run: RunContext): Promise<JobOutcome> {
  return (await begin(table, job, run)) ?? refuse(job.kind);
}

function begin(table: JobTable, job: Job, run: RunContext): Promise<JobOutcome> | undefined {
  switch (job.kind) {
    case "assess":
      return table[job.kind]?.(job, run);
    case "prepare-vault":
      return table[job.kind]?.(job, run);
    case "backup":
      return table[job.kind]?.(job, run);
    case "replicate":
      return table[job.kind]?.(job, run);
    case "drill":
      return table[job.kind]?.(job, run);
    default:
      return unreachable(job);
  }
}

function refuse(kind: string): never {
  throw new HoldfastError(agentErrors.unknownJob, `This part does not do work of the kind "${kind}".`);
}
