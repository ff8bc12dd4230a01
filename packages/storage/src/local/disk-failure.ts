import { HoldfastError, systemCodeOf, messageOf, type ErrorEntry } from "@holdfast/base";
import { storageErrors } from "../errors.ts";

/**
 * What a system error means for a storage. What is not named is STORAGE_UNREACHABLE: a disk that answers EIO, a network
 * mount that went away, a process out of file descriptors.
 */
const entryOfCode: Readonly<Record<string, ErrorEntry>> = {
  ENOENT: storageErrors.missing,
  ENOSPC: storageErrors.full,
  EDQUOT: storageErrors.full,
  EACCES: storageErrors.denied,
  EPERM: storageErrors.denied,
  EROFS: storageErrors.denied,
  EEXIST: storageErrors.badAddress,
  ENOTDIR: storageErrors.badAddress,
  EISDIR: storageErrors.badAddress,
  ENAMETOOLONG: storageErrors.badAddress,
  ELOOP: storageErrors.badAddress,
};

/**
 * A failure of the file system as one of ours; anything that has no system code is passed on as it is.
 * @param doing what failed, for a person: "write pack 3f2a… below /backup"
 */
export function diskFailure(error: unknown, doing: string): unknown {
  const code = systemCodeOf(error);
  if (error instanceof HoldfastError || code === undefined) return error;
  const entry = entryOfCode[code] ?? storageErrors.unreachable;
  return new HoldfastError(entry, `Could not ${doing}: ${reasonOfCode[code] ?? code}.`, {
    internal: messageOf(error),
    cause: error,
  });
}

const reasonOfCode: Readonly<Record<string, string>> = {
  ENOENT: "it is not there",
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EACCES: "permission denied",
  EPERM: "not permitted",
  EROFS: "the file system is read-only",
  EIO: "the disk reports an error (EIO)",
  EEXIST: "a file is in the way",
  ENOTDIR: "a part of the path is a file",
  EISDIR: "a directory is in the way",
  ENAMETOOLONG: "the path is too long",
  ELOOP: "too many symbolic links",
  EMFILE: "this process has too many files open",
};
