import { assert } from "@holdfast/base";
import { isFileName, type FileHandle, type FileType } from "./storage.ts";

/** Where each type of file lies below a repository's root. @see restic design.rst "Repository Layout" */
export const folderOfType = {
  key: "keys",
  snapshot: "snapshots",
  index: "index",
  lock: "locks",
  pack: "data",
} as const satisfies Record<Exclude<FileType, "config">, string>;

/** For messages: "config", "snapshot 3f2a…". The whole name, because people search the repository for it. */
export function describeFile(file: FileHandle): string {
  return file.type === "config" ? "config" : `${file.type} ${file.name}`;
}

/**
 * The path of a file below its root, folders first, without the shards of packs.
 * Names come from parsed ids, so a bad one is our own bug; it must never reach a path or a URL.
 */
export function pathOf(file: FileHandle): readonly string[] {
  if (file.type === "config") {
    assert(file.name === "", "the config has no name");
    return ["config"];
  }
  assert(isFileName(file.name), `${file.type} names are 64 hex digits`);
  return [folderOfType[file.type], file.name];
}

/** As `pathOf`, with packs spread over 256 folders by their first two digits, as on disks and object stores. */
export function shardedPathOf(file: FileHandle): readonly string[] {
  const path = pathOf(file);
  return file.type === "pack" ? [folderOfType.pack, file.name.slice(0, 2), file.name] : path;
}
