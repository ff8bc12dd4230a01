import type { ErrorCatalogue } from "@holdfast/base";

export const domainErrors = {
  rpoNotReachable: {
    code: "RPO_NOT_REACHABLE",
    kind: "conflict",
    cause:
      "No schedule of backups keeps the newest one within the objective, given what changes and how fast it is read.",
    cure: "Allow an older newest backup (a larger RPO), or protect paths where less changes.",
  },
  rtoNotReachable: {
    code: "RTO_NOT_REACHABLE",
    kind: "conflict",
    cause: "Restoring everything would take longer than the objective at the speed that was measured on this device.",
    cure: "Allow a longer restore (a larger RTO), or protect less with this plan and the rest with another.",
  },
  assessmentUnusable: {
    code: "ASSESSMENT_UNUSABLE",
    kind: "conflict",
    cause: "The assessment found data but measured no speed, because nothing of it could be read.",
    cure: "Let the agent read the paths, and assess them again.",
  },
} as const satisfies ErrorCatalogue;
