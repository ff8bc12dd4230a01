import type { AgentConfig } from "./config.ts";
import { assessPaths } from "./jobs/assess.ts";
import { backUp } from "./jobs/backup.ts";
import { prepareVault } from "./jobs/prepare-vault.ts";
import { startPart, type PartContext, type RunningPart } from "./part.ts";
import type { JobTable } from "./runs/run-context.ts";
import type { PartHome } from "./state/part-home.ts";

/** Starts the agent of this device: it assesses, prepares vaults and backs up. @throws as `startPart` */
export function startAgent(config: AgentConfig, context: PartContext, signal?: AbortSignal): Promise<RunningPart> {
  return startPart(
    {
      home: config.home,
      enrolment: config.enrolment,
      role: "agent",
      // One run at a time: a device has its own work to do beside its backups.
      work: async ({ home }) => ({ jobs: agentJobs(home, config.allow), runsMax: 1 }),
    },
    context,
    signal,
  );
}

function agentJobs(home: PartHome, allow: AgentConfig["allow"]): JobTable {
  const rules = { allow, home: home.home };
  return {
    assess: (job, run) => assessPaths(rules, job, run),
    "prepare-vault": (job, run) => prepareVault(home, job, run),
    backup: (job, run) => backUp(home, rules, job, run),
  };
}
