import type { BigIntStats } from "node:fs";

/** What the system says of a file; `BigIntStats` of node:fs are such, and so is what `statx` gives. */
export type FileStats = Pick<
  BigIntStats,
  "mode" | "ino" | "dev" | "rdev" | "nlink" | "uid" | "gid" | "size" | "atimeNs" | "mtimeNs" | "ctimeNs"
>;

const typeMask = 0o170000n;

export function isFile({ mode }: FileStats): boolean {
  return (mode & typeMask) === 0o100000n;
}

export function isDirectory({ mode }: FileStats): boolean {
  return (mode & typeMask) === 0o040000n;
}

export function isSocket({ mode }: FileStats): boolean {
  return (mode & typeMask) === 0o140000n;
}
