import { processLibrary, type ProcessLibrary } from "../native/process-library.ts";
import { systemError } from "./system-error.ts";

/**
 * Calls of the system that Node.js does not offer. Paths are bytes; a symlink at their end is the object itself, never
 * what it points to. Failures are errors with `code`, `errno` and `syscall`, like those of node:fs.
 */
export interface NativeCalls {
  /** Names of extended attributes in the system's order. */
  listAttributes(path: Buffer): Buffer[];
  /**
   * Whether a file has extended attributes; undefined when that cannot be said. Quick, for most have none.
   * @param path bytes (latin1)
   */
  hasAttributes(path: string): boolean | undefined;
  getAttribute(path: Buffer, name: Buffer): Buffer;
  setAttribute(path: Buffer, name: Buffer, value: Buffer): void;
  removeAttribute(path: Buffer, name: Buffer): void;
  /** Access and modification time in nanoseconds since 1970, negative before. node:fs cuts to microseconds. */
  setTimes(path: Buffer, atimeNs: bigint, mtimeNs: bigint): void;
  /** The same for an open file. */
  setTimesOf(fd: number, atimeNs: bigint, mtimeNs: bigint): void;
  /** Sets space for a file aside, which becomes as long as that; does nothing where the system or the disk cannot. */
  reserve(fd: number, sizeBytes: number): void;
  /** Makes a fifo or device node. @param mode type and permission bits as in `st_mode` */
  makeNode(path: Buffer, mode: number, device: bigint): void;
}

/** What a machine without the native calls does not keep, in one sentence for its user. */
export const withoutNativeStatement =
  "This platform has no native file calls: extended attributes and ACLs are neither stored nor restored, " +
  "restored times are exact to the microsecond only, and fifos and device nodes are not restored.";

const attributeBufferLength = 64 * 1024; // Linux allows no longer list and no longer value
const noFollowOnMac = 0x0001; // XATTR_NOFOLLOW
const nsPerSecond = 1_000_000_000n;

/** The native calls, or undefined where koffi has no build for the platform or the C library lacks one of them. */
export const native: NativeCalls | undefined = load(processLibrary);

function load(library: ProcessLibrary | undefined): NativeCalls | undefined {
  if (library === undefined || (process.platform !== "linux" && process.platform !== "darwin")) return undefined;
  try {
    return bind(library, process.platform);
  } catch {
    return undefined; // The caller states what is not kept; there is nothing a user could do about the reason.
  }
}

type CCall = (...values: (Buffer | BigInt64Array | number | bigint | null)[]) => number;

function bind(library: ProcessLibrary, platform: "linux" | "darwin"): NativeCalls {
  const { koffi } = library;
  const isMac = platform === "darwin";
  const call = (declaration: string): CCall => {
    const found = library.find(declaration);
    if (found === undefined) throw new Error(`the C library lacks ${declaration}`);
    return found;
  };
  // On a Mac each call takes a last argument of flags, and reading and writing a position before it.
  const list = call(
    isMac
      ? "int64_t listxattr(const uint8_t *path, uint8_t *list, size_t size, int options)"
      : "int64_t llistxattr(const uint8_t *path, uint8_t *list, size_t size)",
  );
  const get = call(
    isMac
      ? "int64_t getxattr(const uint8_t *path, const uint8_t *name, uint8_t *value, size_t size, uint32_t at, int options)"
      : "int64_t lgetxattr(const uint8_t *path, const uint8_t *name, uint8_t *value, size_t size)",
  );
  const set = call(
    isMac
      ? "int setxattr(const uint8_t *path, const uint8_t *name, const uint8_t *value, size_t size, uint32_t at, int options)"
      : "int lsetxattr(const uint8_t *path, const uint8_t *name, const uint8_t *value, size_t size, int flags)",
  );
  const remove = call(
    isMac
      ? "int removexattr(const uint8_t *path, const uint8_t *name, int options)"
      : "int lremovexattr(const uint8_t *path, const uint8_t *name)",
  );
  const utimensat = call("int utimensat(int directory, const uint8_t *path, int64_t *times, int flags)");
  const futimens = call("int futimens(int file, int64_t *times)");
  const mknod = call(
    isMac
      ? "int mknod(const uint8_t *path, uint16_t mode, int32_t device)"
      : "int mknod(const uint8_t *path, uint32_t mode, uint64_t device)",
  );
  const fallocate = library.find("int fallocate(int file, int mode, int64_t at, int64_t length)");
  const mkfifo = call(`int mkfifo(const uint8_t *path, ${isMac ? "uint16_t" : "uint32_t"} mode)`);
  const listEnd = isMac ? [noFollowOnMac] : [];
  const valueEnd = isMac ? [0, noFollowOnMac] : [];

  const check = (result: number, syscall: string, on: Buffer): number => {
    if (result >= 0) return result;
    throw systemError(koffi.errno(), syscall, on.toString());
  };
  let scratch = Buffer.alloc(attributeBufferLength);
  /** Asks with a buffer that is nearly always long enough, and again with the length the system names. */
  const read = (syscall: string, on: Buffer, ask: (into: Buffer | null, length: number) => number): Buffer => {
    for (;;) {
      const result = ask(scratch, scratch.length);
      if (result >= 0) return Buffer.from(scratch.subarray(0, result));
      if (koffi.errno() !== koffi.os.errno.ERANGE) throw systemError(koffi.errno(), syscall, on.toString());
      scratch = Buffer.alloc(check(ask(null, 0), syscall, on) + attributeBufferLength);
    }
  };
  const times = new BigInt64Array(4);
  const shortPath = Buffer.alloc(4096);

  return {
    hasAttributes(on) {
      if (on.length >= shortPath.length) return undefined;
      shortPath[shortPath.write(on, "latin1")] = 0;
      const length = list(shortPath, null, 0, ...listEnd);
      return length < 0 ? undefined : length > 0;
    },
    listAttributes(on) {
      const c = terminated(on);
      return splitAtZeros(read("llistxattr", on, (into, length) => list(c, into, length, ...listEnd)));
    },
    getAttribute(on, name) {
      const [c, n] = [terminated(on), terminated(name)];
      return read("lgetxattr", on, (into, length) => get(c, n, into, length, ...valueEnd));
    },
    setAttribute(on, name, value) {
      const end = isMac ? valueEnd : [0];
      check(set(terminated(on), terminated(name), value, value.length, ...end), "lsetxattr", on);
    },
    removeAttribute(on, name) {
      check(remove(terminated(on), terminated(name), ...listEnd), "lremovexattr", on);
    },
    setTimes(on, atimeNs, mtimeNs) {
      [times[0], times[1]] = timespec(atimeNs);
      [times[2], times[3]] = timespec(mtimeNs);
      check(utimensat(isMac ? -2 : -100, terminated(on), times, isMac ? 0x20 : 0x100), "utimensat", on);
    },
    setTimesOf(fd, atimeNs, mtimeNs) {
      [times[0], times[1]] = timespec(atimeNs);
      [times[2], times[3]] = timespec(mtimeNs);
      if (futimens(fd, times) < 0) throw systemError(koffi.errno(), "futimens", `handle ${fd}`);
    },
    reserve(fd, sizeBytes) {
      fallocate?.(fd, 0, 0, sizeBytes);
    },
    makeNode(on, mode, device) {
      const isFifo = (mode & 0o170000) === 0o010000;
      if (isFifo) check(mkfifo(terminated(on), mode & 0o7777), "mkfifo", on);
      else check(mknod(terminated(on), mode, device), "mknod", on);
    },
  };
}

/** Seconds and nanoseconds, the second never negative: a time before 1970 counts up from an earlier second. */
function timespec(ns: bigint): [bigint, bigint] {
  const rest = ns % nsPerSecond;
  return rest < 0n ? [ns / nsPerSecond - 1n, rest + nsPerSecond] : [ns / nsPerSecond, rest];
}

function terminated(bytes: Buffer): Buffer {
  const copy = Buffer.allocUnsafe(bytes.length + 1);
  bytes.copy(copy);
  copy[bytes.length] = 0;
  return copy;
}

function splitAtZeros(list: Buffer): Buffer[] {
  const names: Buffer[] = [];
  for (let at = 0; at < list.length;) {
    const end = list.indexOf(0, at);
    names.push(list.subarray(at, end < 0 ? list.length : end));
    at = end < 0 ? list.length : end + 1;
  }
  return names;
}
