import type { ErrorCatalogue } from "@holdfast/base";

export const sourceErrors = {
  missing: {
    code: "SOURCE_MISSING",
    kind: "missing",
    cause: "A path that was to be backed up does not exist.",
    cure: "Check its spelling, and whether the disk it lies on is mounted; what does exist was backed up.",
  },
  replaced: {
    code: "SOURCE_REPLACED",
    kind: "conflict",
    cause: "Between looking at a file and opening it, something else took its place.",
    cure: "Nothing to do when the next backup has it; a program that replaces files all the time is better stopped meanwhile.",
  },
  badName: {
    code: "SOURCE_BAD_NAME",
    kind: "invalid",
    cause: "What comes from a pipe or a program was to be kept under a name that no file can have.",
    cure: "Give a name such as dump.sql or db/dump.sql.",
  },
  empty: {
    code: "SOURCE_EMPTY",
    kind: "missing",
    cause: "A pipe or program that was to be backed up gave no bytes at all; no snapshot was made.",
    cure: "See why it has nothing to say; a backup of nothing would look like a good one.",
  },
  unsupportedType: {
    code: "SOURCE_UNSUPPORTED_TYPE",
    kind: "invalid",
    cause: "An entry is no file, directory, link, fifo or device, so there is nothing to keep of it.",
    cure: "Exclude it.",
  },
} as const satisfies ErrorCatalogue;
