import type { ErrorCatalogue } from "@holdfast/base";

export const storageErrors = {
  missing: {
    code: "STORAGE_MISSING",
    kind: "missing",
    cause: "A file of the repository is not where it should be.",
    cure: "Check the repository's address; when the repository itself is there, run `holdfast check`.",
  },
  exists: {
    code: "STORAGE_EXISTS",
    kind: "conflict",
    cause: "A file of this name is already stored, and stored files are never replaced.",
    cure: "Nothing to do for packs and indexes, whose names are their content; for `init`, choose an empty place.",
  },
  shortRead: {
    code: "STORAGE_SHORT_READ",
    kind: "damaged",
    cause: "A stored file is shorter than the repository says.",
    cure: "Run `holdfast check --read-data` to see what is affected, then restore the file from a copy.",
  },
  full: {
    code: "STORAGE_FULL",
    kind: "unavailable",
    cause: "The disk or the quota behind the repository is used up.",
    cure: "Free space or raise the quota, then run the backup again; what is stored already is kept.",
  },
  denied: {
    code: "STORAGE_DENIED",
    kind: "denied",
    cause: "The storage refused: wrong credentials, missing permission, or a deletion in an append-only repository.",
    cure: "Check the token or the file permissions; only keepers may delete.",
  },
  unreachable: {
    code: "STORAGE_UNREACHABLE",
    kind: "unavailable",
    cause: "The storage did not answer, or broke off in the middle.",
    cure: "Check the address and the network from this machine; the next run continues where this one stopped.",
  },
  badAnswer: {
    code: "STORAGE_BAD_ANSWER",
    kind: "unavailable",
    cause: "Something answered that is not the storage: a proxy, a captive portal, or another server.",
    cure: "Open the address from this machine and see what is there.",
  },
  untrusted: {
    code: "STORAGE_UNTRUSTED",
    kind: "denied",
    cause:
      "The storage's TLS certificate is not one that this machine trusts: another authority, another name, or expired.",
    cure: "Give the certificate of the installation's authority with `--cacert`, or renew the gateway's certificate.",
  },
  sizeMismatch: {
    code: "STORAGE_SIZE_MISMATCH",
    kind: "invalid",
    cause: "A file to be stored turned out longer or shorter than was announced, so it was not stored.",
    cure: "Run the command again; if it repeats, report it with the log.",
  },
  damagedUpload: {
    code: "STORAGE_DAMAGED_UPLOAD",
    kind: "unavailable",
    cause: "The bytes that arrived at the storage are not the bytes that were sent, so they were not stored.",
    cure: "It is sent again by itself; if it repeats, suspect the memory of this machine or a proxy on the way.",
  },
  badAddress: {
    code: "STORAGE_BAD_ADDRESS",
    kind: "invalid",
    cause: "The repository address is in no form that Holdfast knows.",
    cure: "Give a path, or `rest:https://host:port/path/`.",
  },
} as const satisfies ErrorCatalogue;
