import { processLibrary, type ProcessLibrary } from "../native/process-library.ts";
import type { FileStats } from "./file-stats.ts";
import { systemError } from "./system-error.ts";

const noFollow = 0x100; // AT_SYMLINK_NOFOLLOW
const basicStats = 0x7ff; // STATX_BASIC_STATS
const nameBytesMax = 4096;
const nsPerSecond = 1_000_000_000n;
const nsPerMs = 1_000_000;
const secondMs = 1000;

/**
 * The system's own answer about an entry of a directory, in memory that the next `ask` fills anew: a backup that only
 * wants to know whether anything changed makes no objects of it.
 * @see statx(2)
 */
export class Statx {
  /** Bytes that `copyTo` writes. */
  static readonly copiedBytes = 80;
  readonly #koffi: ProcessLibrary["koffi"];
  readonly #statx: NonNullable<ReturnType<ProcessLibrary["find"]>>;
  readonly #name = Buffer.alloc(nameBytesMax);
  readonly #answer = Buffer.alloc(256);
  readonly #view = new DataView(this.#answer.buffer, this.#answer.byteOffset, this.#answer.byteLength);
  /** Links, owner, group, mode, inode and size. */
  readonly #front = this.#answer.subarray(16, 48);
  /** Times of change and modification, device numbers. */
  readonly #back = this.#answer.subarray(96, 144);

  constructor(koffi: ProcessLibrary["koffi"], statx: NonNullable<ReturnType<ProcessLibrary["find"]>>) {
    this.#koffi = koffi;
    this.#statx = statx;
  }

  /**
   * Looks at the entry `name` of the directory held by a handle; links are not followed.
   * @param name bytes (latin1)
   * @returns false when it is not there
   * @throws the system's error
   */
  ask(directory: number, name: string): boolean {
    this.#name[this.#name.write(name, 0, nameBytesMax - 1, "latin1")] = 0;
    if (this.#statx(directory, this.#name, noFollow, basicStats, this.#answer) === 0) return true;
    const errno = this.#koffi.errno();
    if (errno === this.#koffi.os.errno.ENOENT) return false;
    throw systemError(errno, "statx", name);
  }

  get stats(): FileStats {
    const view = this.#view;
    return {
      nlink: BigInt(view.getUint32(16, true)),
      uid: BigInt(view.getUint32(20, true)),
      gid: BigInt(view.getUint32(24, true)),
      mode: BigInt(view.getUint16(28, true)),
      ino: view.getBigUint64(32, true),
      size: view.getBigUint64(40, true),
      atimeNs: this.#nsAt(64),
      ctimeNs: this.#nsAt(96),
      mtimeNs: this.#nsAt(112),
      rdev: this.#deviceAt(128),
      dev: this.#deviceAt(136),
    };
  }

  get uid(): number {
    return this.#view.getUint32(20, true);
  }

  get gid(): number {
    return this.#view.getUint32(24, true);
  }

  get mode(): number {
    return this.#view.getUint16(28, true);
  }

  get sizeBytes(): number {
    return this.#view.getUint32(40, true) + this.#view.getUint32(44, true) * 2 ** 32;
  }

  /** When anything of it changed last, milliseconds since 1970. */
  get changedMs(): number {
    const seconds = this.#view.getUint32(96, true) + this.#view.getInt32(100, true) * 2 ** 32;
    return seconds * secondMs + this.#view.getUint32(104, true) / nsPerMs;
  }

  /** The device it lies on, a number that only tells devices apart. */
  get device(): number {
    return this.#view.getUint32(136, true) * 2 ** 21 + this.#view.getUint32(140, true);
  }

  /** Writes all of it that a backup records or compares, but for the time of access. */
  copyTo(target: Uint8Array, at: number): void {
    target.set(this.#front, at);
    target.set(this.#back, at + this.#front.byteLength);
  }

  #nsAt(at: number): bigint {
    return this.#view.getBigInt64(at, true) * nsPerSecond + BigInt(this.#view.getUint32(at + 8, true));
  }

  /** One number for a device, as stat(2) has it. @see makedev(3) */
  #deviceAt(at: number): bigint {
    const [major, minor] = [this.#view.getUint32(at, true), this.#view.getUint32(at + 4, true)];
    if (major < 0x1000 && minor < 0x100) return BigInt((major << 8) | minor);
    const [a, b] = [BigInt(major), BigInt(minor)];
    return ((a & ~0xfffn) << 32n) | ((a & 0xfffn) << 8n) | ((b & ~0xffn) << 12n) | (b & 0xffn);
  }
}

/**
 * Undefined where the system has no `statx`: then a path through the directory's handle serves, at three times the
 * cost, for the system walks it each time. One for each thread.
 */
export const statx: Statx | undefined = bind(processLibrary);

function bind(process: ProcessLibrary | undefined): Statx | undefined {
  if (process === undefined || globalThis.process.platform !== "linux") return undefined;
  const found = process.find("int statx(int, const uint8_t *, int, unsigned int, uint8_t *)");
  return found && new Statx(process.koffi, found);
}
