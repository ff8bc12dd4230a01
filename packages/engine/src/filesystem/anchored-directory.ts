import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  lstatSync,
  openSync,
  statfsSync,
  type BigIntStats,
} from "node:fs";
import { assert } from "@holdfast/base";
import type { FileStats } from "./file-stats.ts";
import { canListHandles, listNames, listNamesOf } from "./list-names.ts";
import { openDirectoryIn } from "./open-directory.ts";
import { statx, type Statx } from "./statx.ts";

// Linux: a handle that names a place and reads nothing, so that a directory one may enter but not list can be held.
const openPlace = process.platform === "linux" ? 0o10000000 : 0;
const handlesDir = "/proc/self/fd";

/**
 * A directory that is held by a handle, so that names inside it are looked up in this very directory whatever happens to
 * the path meanwhile: somebody who swaps a directory for a symlink leads neither a backup nor a restore elsewhere, and
 * a path may be longer than the system's limit for one.
 *
 * On Linux that works through /proc. Elsewhere paths are joined, and each step is checked not to be a symlink.
 */
export class AnchoredDirectory {
  readonly #fd: number;
  readonly #prefix: Buffer;
  /** Whether the next list of names can be read through the handle: its position moves only once. */
  #isReadable: boolean;
  #isClosed = false;

  private constructor(fd: number, prefix: Buffer, isReadable = false) {
    this.#fd = fd;
    this.#prefix = prefix;
    this.#isReadable = isReadable;
  }

  /**
   * Opens the directory at a path; symlinks on the way are followed, one at its end only if `followLink` says so.
   * @throws the system's error
   */
  static open(path: Buffer, options: { readonly followLink: boolean } = { followLink: true }): AnchoredDirectory {
    return new AnchoredDirectory(...openAt(path, options.followLink ? 0 : constants.O_NOFOLLOW, path));
  }

  /** Opens the directory `name` in this one. @throws the system's error: ENOTDIR or ELOOP when it is a symlink */
  enter(name: Buffer): AnchoredDirectory {
    if (openDirectoryIn !== undefined && isAnchoredByHandle && canListHandles()) {
      const { fd, isReadable } = openDirectoryIn(this.#fd, name);
      return new AnchoredDirectory(fd, handlePrefix(fd), isReadable);
    }
    return AnchoredDirectory.at(this.pathOf(name));
  }

  /** Opens the directory at a path that `pathOf` gave, in whichever thread. @throws as `enter` */
  static at(path: Buffer): AnchoredDirectory {
    const anchored = openAt(path, constants.O_NOFOLLOW, path);
    if (!isAnchoredByHandle) refuseSwapped(anchored[0], path);
    return new AnchoredDirectory(...anchored);
  }

  /** A path for `name` in this directory. Valid until `close`; the final component is not looked at. */
  pathOf(name: Buffer): Buffer {
    return Buffer.concat([this.#prefix, name]);
  }

  /** A path for the directory itself, for calls that would not follow a link in /proc. */
  get selfPath(): Buffer {
    return Buffer.concat([this.#prefix, Buffer.from(".")]);
  }

  /** Changes the permission bits of the very directory that is held. @throws the system's error */
  chmod(mode: number): void {
    if (openPlace === 0) fchmodSync(this.#fd, mode);
    else chmodSync(isAnchoredByHandle ? `${handlesDir}/${this.#fd}` : this.#prefix, mode);
  }

  stat(): BigIntStats {
    return fstatSync(this.#fd, { bigint: true });
  }

  /**
   * What the system says of an entry, links not followed; undefined when it is not there.
   * @param name its bytes (latin1)
   * @throws the system's error
   */
  statOf(name: string): FileStats | undefined {
    if (statx !== undefined) return this.ask(name)?.stats;
    return lstatSync(this.pathOf(Buffer.from(name, "latin1")), { bigint: true, throwIfNoEntry: false });
  }

  /** Whether `ask` can be used on this machine. */
  static readonly canAsk = statx !== undefined;

  /**
   * The same as the system gives it, until something else is asked.
   * @throws the system's error
   */
  ask(name: string): Statx | undefined {
    assert(statx !== undefined, "only asked where it can be");
    return statx.ask(this.#fd, name) ? statx : undefined;
  }

  /** The magic number of the file system it lies on. @see statfs(2) */
  get fileSystem(): number {
    return statfsSync(this.selfPath).type;
  }

  /** Names in this directory, each a string of bytes (latin1), in the order of those bytes. @throws the system's error */
  names(): string[] {
    const names = this.#isReadable ? listNamesOf(this.#fd) : listNames(this.selfPath);
    this.#isReadable = false;
    return names.sort();
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.#fd);
  }
}

function openAt(path: Buffer, flags: number, prefix: Buffer): [number, Buffer] {
  const fd = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | openPlace | flags);
  return [fd, isAnchoredByHandle ? handlePrefix(fd) : Buffer.concat([prefix, Buffer.from("/")])];
}

function handlePrefix(fd: number): Buffer {
  return Buffer.from(`${handlesDir}/${fd}/`);
}

/** Without handles to anchor by, at least the step just made must have gone where the path says. */
function refuseSwapped(fd: number, path: Buffer): void {
  const [opened, named] = [fstatSync(fd, { bigint: true }), lstatSync(path, { bigint: true })];
  if (opened.ino === named.ino && opened.dev === named.dev) return;
  closeSync(fd);
  throw Object.assign(new Error("ENOTDIR: the directory was replaced while it was opened"), { code: "ENOTDIR" });
}

/** Whether /proc leads to open handles here; it may not be mounted. */
const isAnchoredByHandle = process.platform === "linux" && canReachThroughHandles();

function canReachThroughHandles(): boolean {
  try {
    const fd = openSync("/", constants.O_RDONLY | constants.O_DIRECTORY | openPlace);
    try {
      const [through, direct] = [lstatSync(`${handlesDir}/${fd}/.`), lstatSync("/")];
      return through.ino === direct.ino && through.dev === direct.dev;
    } finally {
      closeSync(fd);
    }
  } catch {
    return false;
  }
}
