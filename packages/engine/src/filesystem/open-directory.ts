import { constants } from "node:fs";
import { processLibrary, type ProcessLibrary } from "../native/process-library.ts";
import { systemError } from "./system-error.ts";

/** A directory's handle, and whether its names can be read through it; else it only names the place. */
export interface OpenedDirectory {
  readonly fd: number;
  readonly isReadable: boolean;
}

const nameBytesMax = 4096;
const closeOnExec = 0o2000000;
const onlyPlace = 0o10000000; // O_PATH
const directoryItself = constants.O_DIRECTORY | constants.O_NOFOLLOW | closeOnExec;

/**
 * Opens a directory that lies in one that is held, for reading its names where that is allowed, and leaves its access
 * time alone where that is. Undefined where the system has no `openat`: then a path through the handle serves, which
 * the system walks each time.
 * @throws the system's error: ENOTDIR or ELOOP when it is a symlink
 */
export const openDirectoryIn: ((directory: number, name: Buffer) => OpenedDirectory) | undefined = bind(processLibrary);

function bind(process: ProcessLibrary | undefined): typeof openDirectoryIn {
  if (process === undefined || globalThis.process.platform !== "linux") return undefined;
  const { koffi } = process;
  const openat = process.find("int openat(int, const uint8_t *, int)");
  if (openat === undefined) return undefined;
  const { EPERM, EACCES } = koffi.os.errno;
  const text = Buffer.alloc(nameBytesMax + 1);
  return (directory, name) => {
    text[name.copy(text, 0, 0, nameBytesMax)] = 0;
    const open = (flags: number): number => {
      const fd: number = openat(directory, text, directoryItself | flags);
      return fd >= 0 ? fd : -koffi.errno();
    };
    let fd = open(constants.O_RDONLY | constants.O_NOATIME);
    // Only the owner and root may leave the access time alone.
    if (fd === -EPERM!) fd = open(constants.O_RDONLY);
    if (fd >= 0) return { fd, isReadable: true };
    if (fd === -EACCES!) fd = open(onlyPlace);
    if (fd >= 0) return { fd, isReadable: false };
    throw systemError(-fd, "openat", name.toString());
  };
}
