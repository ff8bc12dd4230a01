import type { ErrorCatalogue } from "@holdfast/base";

export const engineErrors = {
  badId: {
    code: "ENGINE_BAD_ID",
    kind: "invalid",
    cause: "An id was given or found that is not 64 lower-case hex digits.",
    cure: "Copy the id from `holdfast snapshots`; in a repository's own files it means damage, so run `holdfast check`.",
  },
  noRepository: {
    code: "ENGINE_NO_REPOSITORY",
    kind: "missing",
    cause: "There is no repository at this address.",
    cure: "Check the address, or make a repository there with `holdfast init`.",
  },
  repositoryExists: {
    code: "ENGINE_REPOSITORY_EXISTS",
    kind: "conflict",
    cause: "`init` was pointed at a place that already holds a repository or parts of one.",
    cure: "Use the repository that is there, or choose an empty place.",
  },
  badPassword: {
    code: "ENGINE_BAD_PASSWORD",
    kind: "invalid",
    cause: "A repository cannot be made with an empty password.",
    cure: "Give a password by file or environment variable.",
  },
  wrongPassword: {
    code: "ENGINE_WRONG_PASSWORD",
    kind: "denied",
    cause: "No key of the repository opens with this password.",
    cure: "Check the password file, or use the vault's recovery key.",
  },
  keyDamaged: {
    code: "ENGINE_KEY_DAMAGED",
    kind: "damaged",
    cause: "A key file of the repository is not what was written, and no other key opened.",
    cure: "Bring the file below `keys/` back from a copy of the repository.",
  },
  configDamaged: {
    code: "ENGINE_CONFIG_DAMAGED",
    kind: "damaged",
    cause: "The repository's config file is not what was written.",
    cure: "Bring the file `config` back from a copy of the repository.",
  },
  unsupportedVersion: {
    code: "ENGINE_UNSUPPORTED_VERSION",
    kind: "invalid",
    cause: "The repository has a format version other than 1 and 2.",
    cure: "Update Holdfast.",
  },
  locked: {
    code: "ENGINE_LOCKED",
    kind: "conflict",
    cause: "Somebody else is working in the repository, and the two kinds of work exclude each other.",
    cure: "Wait for it to end (`--retry-lock 10m`); a lock whose holder died is removed by itself after 30 minutes at most.",
  },
  lockLost: {
    code: "ENGINE_LOCK_LOST",
    kind: "conflict",
    cause:
      "The lock could not be renewed for so long that others may have taken it for dead; the machine slept, or the storage was away.",
    cure: "Run it again; what was stored already is kept and not sent twice.",
  },
  lockUnreadable: {
    code: "ENGINE_LOCK_UNREADABLE",
    kind: "damaged",
    cause: "A lock file cannot be read, so nobody can tell who holds the repository.",
    cure: "When no other program works in the repository, run `holdfast unlock --remove-all`.",
  },
  fileDamaged: {
    code: "ENGINE_FILE_DAMAGED",
    kind: "damaged",
    cause: "A snapshot, index or lock file is not what was written.",
    cure: "Run `holdfast check` to see what it affects, then bring the file back from a copy.",
  },
  indexDamaged: {
    code: "ENGINE_INDEX_DAMAGED",
    kind: "damaged",
    cause: "An index file of the repository says something impossible.",
    cure: "Run `restic repair index`; the packs themselves are not affected.",
  },
  blobMissing: {
    code: "ENGINE_BLOB_MISSING",
    kind: "damaged",
    cause: "A piece of a backup is in no index, or the pack that held it is gone.",
    cure: "Run `holdfast check` to see which files it affects, and bring the pack back from a copy of the repository.",
  },
  packMissing: {
    code: "ENGINE_PACK_MISSING",
    kind: "damaged",
    cause: "A pack that the index names is not stored.",
    cure: "Bring the pack back from a copy of the repository; the files named with this error cannot be restored without it.",
  },
  packDamaged: {
    code: "ENGINE_PACK_DAMAGED",
    kind: "damaged",
    cause: "A pack is not what was written: bits flipped, or the file was cut short or replaced.",
    cure: "Bring the pack back from a copy; the files named with this error cannot be restored without it.",
  },
  treeDamaged: {
    code: "ENGINE_TREE_DAMAGED",
    kind: "damaged",
    cause: "A directory listing inside a snapshot says something impossible.",
    cure: "Restore from another snapshot; the directory named with this error cannot be trusted in this one.",
  },
  snapshotMissing: {
    code: "ENGINE_SNAPSHOT_MISSING",
    kind: "missing",
    cause: "No snapshot has this id, or none matches the filters.",
    cure: "List what is there with `holdfast snapshots`.",
  },
  snapshotAmbiguous: {
    code: "ENGINE_SNAPSHOT_AMBIGUOUS",
    kind: "invalid",
    cause: "Several snapshots begin with the digits given.",
    cure: "Give more digits of the id.",
  },
  snapshotDamaged: {
    code: "ENGINE_SNAPSHOT_DAMAGED",
    kind: "damaged",
    cause: "A snapshot file decrypts but does not say what a snapshot must say.",
    cure: "Use another snapshot, or bring the file back from a copy of the repository.",
  },
  verificationFailed: {
    code: "ENGINE_VERIFICATION_FAILED",
    kind: "damaged",
    cause: "What had just been encrypted did not decrypt to what it was; the machine's memory or processor is faulty.",
    cure: "Nothing wrong was stored. Test the machine's memory before the next backup.",
  },
  sourceUnreadable: {
    code: "ENGINE_SOURCE_UNREADABLE",
    kind: "denied",
    cause: "A file or directory could not be read and is not in the snapshot, or a part of what belongs to it is not.",
    cure: "Give the backup's user permission to read it, or exclude it; the rest of the snapshot is good.",
  },
  nothingToBackUp: {
    code: "ENGINE_NOTHING_TO_BACK_UP",
    kind: "invalid",
    cause: "Nothing was left to back up: everything given is missing, unreadable or excluded.",
    cure: "Check the paths and exclude patterns; no snapshot was made.",
  },
  targetFailed: {
    code: "ENGINE_TARGET_FAILED",
    kind: "unavailable",
    cause: "A file could not be written, or could not be given all of its metadata, where it was restored to.",
    cure: "Look at the reason beside it: free space, permissions, or a file system that cannot hold such metadata.",
  },
} as const satisfies ErrorCatalogue;
