import type { ErrorCatalogue } from "@holdfast/base";

export const cliErrors = {
  usage: {
    code: "CLI_USAGE",
    kind: "invalid",
    cause: "The command, a flag or an argument is not one that this command has; unknown flags are never ignored.",
    cure: "Run the command with `--help` to see what it takes.",
  },
  noRepository: {
    code: "CLI_NO_REPOSITORY_GIVEN",
    kind: "invalid",
    cause: "The command needs to know which repository to work on.",
    cure: "Give `--repo`, or set HOLDFAST_REPOSITORY.",
  },
  noPassword: {
    code: "CLI_NO_PASSWORD",
    kind: "invalid",
    cause: "No password was given, or it was empty, or the two typed ones differ.",
    cure: "Give `--password-file`, or set HOLDFAST_PASSWORD or HOLDFAST_PASSWORD_COMMAND.",
  },
  passwordCommand: {
    code: "CLI_PASSWORD_COMMAND_FAILED",
    kind: "unavailable",
    cause: "The password command could not be run, or it ended with an error.",
    cure: "Run the command by hand and see what it says.",
  },
  unreadableFile: {
    code: "CLI_UNREADABLE_FILE",
    kind: "missing",
    cause: "A file named by a flag, such as a password file or a list of paths, cannot be read.",
    cure: "Check its path and permissions.",
  },
  unwritableFile: {
    code: "CLI_UNWRITABLE_FILE",
    kind: "unavailable",
    cause: "A file or folder that the command has to write cannot be written.",
    cure: "Check the permissions and the free space of its disk.",
  },
  nothingToBackUp: {
    code: "CLI_NOTHING_TO_BACK_UP",
    kind: "missing",
    cause: "No path was given, or none of those given exists.",
    cure: "Give at least one path that exists.",
  },
  restoreIncomplete: {
    code: "CLI_RESTORE_INCOMPLETE",
    kind: "damaged",
    cause: "Some files could not be restored; each was named above.",
    cure: "Everything else is in place. Run `holdfast check --read-data`, then restore the files from another snapshot or copy.",
  },
  copyIncomplete: {
    code: "CLI_COPY_INCOMPLETE",
    kind: "damaged",
    cause: "Some snapshots are damaged in the repository that was copied from; each was named above.",
    cure: "The others were copied. Run `holdfast check --read-data` on that repository.",
  },
  checkFailed: {
    code: "CLI_CHECK_FAILED",
    kind: "damaged",
    cause: "The check found damage in the repository; each finding was printed above with what it affects.",
    cure: "Keep the repository as it is, and bring the named files back from a copy.",
  },
  forgetsAll: {
    code: "CLI_FORGETS_ALL",
    kind: "invalid",
    cause: "The rules of what to keep would leave no snapshot of a host and its paths; nothing was removed.",
    cure: "Keep at least one of each group (`--keep-last 1`), or name the snapshots to remove by their ids.",
  },
  forgetIncomplete: {
    code: "CLI_FORGET_INCOMPLETE",
    kind: "denied",
    cause: "The storage did not give up some snapshots, such as under an object lock; each was named above.",
    cure: "All others are removed. Run it again when the storage allows it.",
  },
  commandFailed: {
    code: "CLI_COMMAND_FAILED",
    kind: "unavailable",
    cause: "The command whose output was to be backed up could not be run, ended with an error, or was killed.",
    cure: "Run the command by hand and see what it says; no snapshot was made of what it had printed.",
  },
  repairIncomplete: {
    code: "CLI_REPAIR_INCOMPLETE",
    kind: "damaged",
    cause: "Something was found that this repair must not touch or cannot mend; each was named above with what to do.",
    cure: "Everything else was repaired. Do what is said above, then run it again; a second run changes nothing that is right.",
  },
  certificateInvalid: {
    code: "CLI_CERTIFICATE_INVALID",
    kind: "damaged",
    cause:
      "A certificate was altered, was signed with a key that is not believed, does not follow the one before it, or is no certificate at all.",
    cure: "Ask the provider for the original file.",
  },
  interrupted: {
    code: "CLI_INTERRUPTED",
    kind: "unavailable",
    cause: "The command was stopped by Ctrl-C or SIGTERM.",
    cure: "Run it again; what was stored already is kept and not sent twice.",
  },
} as const satisfies ErrorCatalogue;
