// What sources of files need, in every thread of a backup: no more is loaded there.
export { AnchoredDirectory } from "../filesystem/anchored-directory.ts";
export { hasTrueChangeTimes } from "../filesystem/change-times.ts";
export { describeFile, linkTargetOf } from "../filesystem/describe-file.ts";
export { EntriesDigest } from "../filesystem/entries-digest.ts";
export { lacksAttributes, readAttributes } from "../filesystem/extended-attributes.ts";
export { isDirectory, isFile, isSocket, type FileStats } from "../filesystem/file-stats.ts";
export { native, withoutNativeStatement } from "../filesystem/native.ts";
export { ownerNames, type OwnerNames } from "../filesystem/owner-names.ts";
export { Glob } from "../patterns/glob.ts";
export { decodeName } from "../patterns/name-text.ts";
export { PatternList } from "../patterns/pattern-list.ts";
