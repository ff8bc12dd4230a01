import { closeSync, constants, openSync, readdirSync } from "node:fs";
import { assert, KiB, systemCodeOf } from "@holdfast/base";
import { processLibrary, type ProcessLibrary } from "../native/process-library.ts";
import { systemError } from "./system-error.ts";

/**
 * The names in a directory as bytes (latin1), in no order. Where the system lets us, the directory's access time stays as
 * it was: a backup leaves no traces in what it reads.
 * @throws the system's error
 */
export function listNames(path: Buffer): string[] {
  if (getdents === undefined) return readdirSync(path, { encoding: "latin1" });
  const fd = openQuietly(path);
  try {
    return getdents(fd);
  } finally {
    closeSync(fd);
  }
}

/** Whether `listNamesOf` can be used on this machine. */
export const canListHandles = (): boolean => getdents !== undefined;

/** The same for a directory that is open for reading, and was not listed through this handle. */
export function listNamesOf(fd: number): string[] {
  assert(getdents !== undefined, "asked where it can be");
  return getdents(fd);
}

const readFlags = constants.O_RDONLY | constants.O_DIRECTORY;

function openQuietly(path: Buffer): number {
  try {
    return openSync(path, readFlags | constants.O_NOATIME);
  } catch (error) {
    // Only the owner and root may leave the access time alone.
    if (systemCodeOf(error) !== "EPERM") throw error;
    return openSync(path, readFlags);
  }
}

const getdents: ((directory: number) => string[]) | undefined = bind(processLibrary);

function bind(process: ProcessLibrary | undefined): typeof getdents {
  if (process === undefined || globalThis.process.platform !== "linux") return undefined;
  const { koffi } = process;
  const getdents64 = process.find("int64 getdents64(int, uint8_t *, size_t)");
  if (getdents64 === undefined) return undefined;
  const entries = Buffer.alloc(64 * KiB);
  return (directory) => {
    const names: string[] = [];
    for (;;) {
      const length = Number(getdents64(directory, entries, entries.length));
      if (length === 0) return names;
      if (length < 0) throw systemError(koffi.errno(), "getdents64");
      // struct linux_dirent64, see getdents(2): inode 8, offset 8, length 2, type 1, then the name and a zero.
      for (let at = 0; at < length; at += entries.readUInt16LE(at + 16)) {
        const begin = at + 19;
        const name = entries.toString("latin1", begin, entries.indexOf(0, begin));
        if (name !== "." && name !== "..") names.push(name);
      }
    }
  };
}
