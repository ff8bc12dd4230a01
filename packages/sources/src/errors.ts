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
  unsupportedType: {
    code: "SOURCE_UNSUPPORTED_TYPE",
    kind: "invalid",
    cause: "An entry is no file, directory, link, fifo or device, so there is nothing to keep of it.",
    cure: "Exclude it.",
  },
} as const satisfies ErrorCatalogue;
