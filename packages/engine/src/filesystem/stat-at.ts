import { getSystemErrorName } from "node:util";
import { processLibrary, type ProcessLibrary } from "../native/process-library.ts";
import type { FileStats } from "./file-stats.ts";

const noFollow = 0x100; // AT_SYMLINK_NOFOLLOW
const basicStats = 0x7ff; // STATX_BASIC_STATS
const nameBytesMax = 4096;
const nsPerSecond = 1_000_000_000n;

/**
 * What the system says of the entry `name` of the directory held by a handle; undefined when it is not there. Links are
 * not followed. Undefined as a whole where the system has no `statx`: then a path through the handle serves, at three
 * times the cost, for the system walks it each time.
 * @throws the system's error
 */
export const statAt: ((directory: number, name: string) => FileStats | undefined) | undefined = bind(processLibrary);

function bind(process: ProcessLibrary | undefined): typeof statAt {
  if (process === undefined || globalThis.process.platform !== "linux") return undefined;
  const { koffi } = process;
  const statx = process.find("int statx(int, const uint8_t *, int, unsigned int, uint8_t *)");
  if (statx === undefined) return undefined;
  const name = Buffer.alloc(nameBytesMax);
  const answer = Buffer.alloc(256);
  const view = new DataView(answer.buffer, answer.byteOffset, answer.byteLength);
  const nsAt = (at: number) => view.getBigInt64(at, true) * nsPerSecond + BigInt(view.getUint32(at + 8, true));
  const deviceAt = (at: number) => deviceOf(view.getUint32(at, true), view.getUint32(at + 4, true));
  return (directory, latin1) => {
    name[name.write(latin1, 0, nameBytesMax - 1, "latin1")] = 0;
    if (statx(directory, name, noFollow, basicStats, answer) !== 0) {
      const errno = koffi.errno();
      if (errno === koffi.os.errno.ENOENT) return undefined;
      const code = getSystemErrorName(-errno);
      throw Object.assign(new Error(`${code}: statx '${latin1}'`), { code, errno: -errno, syscall: "statx" });
    }
    // struct statx, see statx(2).
    return {
      nlink: BigInt(view.getUint32(16, true)),
      uid: BigInt(view.getUint32(20, true)),
      gid: BigInt(view.getUint32(24, true)),
      mode: BigInt(view.getUint16(28, true)),
      ino: view.getBigUint64(32, true),
      size: view.getBigUint64(40, true),
      atimeNs: nsAt(64),
      ctimeNs: nsAt(96),
      mtimeNs: nsAt(112),
      rdev: deviceAt(128),
      dev: deviceAt(136),
    };
  };
}

/** One number for a device, as stat(2) has it. @see makedev(3) */
function deviceOf(major: number, minor: number): bigint {
  if (major < 0x1000 && minor < 0x100) return BigInt((major << 8) | minor);
  const [a, b] = [BigInt(major), BigInt(minor)];
  return ((a & ~0xfffn) << 32n) | ((a & 0xfffn) << 8n) | ((b & ~0xffn) << 12n) | (b & 0xffn);
}
