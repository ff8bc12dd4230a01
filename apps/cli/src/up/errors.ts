import type { ErrorCatalogue } from "@holdfast/base";

export const upErrors = {
  partFailed: {
    code: "UP_PART_FAILED",
    kind: "unavailable",
    cause: "A part of the service did not start, or ended while it was needed.",
    cure: "The last lines of its log stand above; the whole log is in the folder named there.",
  },
  partSilent: {
    code: "UP_PART_SILENT",
    kind: "unavailable",
    cause: "A part of the service was started and did not become ready in time.",
    cure: "See its log in the folder named above; on a very busy machine, start again.",
  },
  pathMissing: {
    code: "UP_PATH_MISSING",
    kind: "missing",
    cause: "The folder that should be protected is not there, or cannot be read.",
    cure: "Give `--path` with a folder that exists; it is relative to where npm was called.",
  },
  homeUnusable: {
    code: "UP_HOME_UNUSABLE",
    kind: "unavailable",
    cause: "The folder for everything that the service keeps cannot be made or written.",
    cure: "Free its disk, or set HOLDFAST_HOME to a folder of your own.",
  },
  runFailed: {
    code: "UP_RUN_FAILED",
    kind: "unavailable",
    cause: "A backup, replication or drill was handed out and did not end well, and said no more about it.",
    cure: "See the run in the console, and the agent's and keeper's logs.",
  },
  drillFailed: {
    code: "UP_DRILL_FAILED",
    kind: "damaged",
    cause: "What was restored in the drill is not what the device had.",
    cure: "See the certificate for the files; do not count on this backup until the cause is found.",
  },
} as const satisfies ErrorCatalogue;
