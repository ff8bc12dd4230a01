import { linkSync, lstatSync, renameSync, rmdirSync, unlinkSync, type BigIntStats } from "node:fs";
import { temporaryName } from "./target-file.ts";
import type { TargetDirectory } from "./target-tree.ts";

/** What has a name in a directory; never asked where everything is ours. */
export function statIn(directory: TargetDirectory, name: Buffer): BigIntStats | undefined {
  if (directory.anchor === undefined || directory.namesBefore?.has(name.toString("latin1")) !== true) return undefined;
  return lstatSync(directory.anchor.pathOf(name), { bigint: true, throwIfNoEntry: false });
}

/** A directory is only removed when it is empty: nobody asked for what is in it to go. */
export function remove(path: Buffer, existing: BigIntStats): void {
  if (existing.isDirectory()) rmdirSync(path);
  else unlinkSync(path);
}

/** A path for a temporary file; one that an interrupted restore left is removed. */
export function freeTemporaryPath(directory: TargetDirectory, name: Buffer): Buffer {
  const path = directory.anchor!.pathOf(temporaryName(name));
  if (lstatSync(path, { throwIfNoEntry: false }) !== undefined) unlinkSync(path);
  return path;
}

/** Makes `name` a name of what `source` names; what it named before is let go in the same moment. */
export function linkOver(
  source: Buffer,
  directory: TargetDirectory,
  name: Buffer,
  existing: BigIntStats | undefined,
): void {
  const path = directory.anchor!.pathOf(name);
  if (existing === undefined) return linkSync(source, path);
  const original = lstatSync(source, { bigint: true, throwIfNoEntry: false });
  if (original?.ino === existing.ino && original.dev === existing.dev) return;
  const temporary = freeTemporaryPath(directory, name);
  linkSync(source, temporary);
  if (existing.isDirectory()) rmdirSync(path);
  renameSync(temporary, path);
}
