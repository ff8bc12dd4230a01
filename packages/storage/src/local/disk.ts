import { constants } from "node:fs";
import { chmod, link, lstat, mkdir, open, opendir, rename, unlink, type FileHandle } from "node:fs/promises";
import { platform } from "node:process";

/** A file being written. */
export interface NewFile {
  /** All of `bytes`, after what was written before. */
  append(bytes: Uint8Array): Promise<void>;
  setMode(mode: number): Promise<void>;
  /** Content and mode survive power loss from here on. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A file being read. */
export interface OpenFile {
  readonly sizeBytes: number;
  /** Reads into `target` from `offset`; how many bytes came, 0 at the end. */
  readInto(target: Uint8Array, offset: number): Promise<number>;
  close(): Promise<void>;
}

export interface DiskEntry {
  readonly sizeBytes: number;
  readonly isFile: boolean;
  readonly mode: number;
  readonly modifiedAtMs: number;
}

/**
 * The calls that local storage makes of a file system, and no more, so that tests can fail, cut and lose each of them.
 * Errors are the system's own, with their `code`.
 */
export interface Disk {
  /** Fails with EEXIST when `path` is taken. */
  createFile(path: string): Promise<NewFile>;
  /** Only a regular file counts; anything else of that name is ENOENT. */
  openFile(path: string): Promise<OpenFile>;
  entry(path: string): Promise<DiskEntry>;
  names(path: string): AsyncIterable<string>;
  link(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  removeFile(path: string): Promise<void>;
  /** Makes `path` and what leads there; the topmost directory that it had to make, if any. */
  makeDirectory(path: string, mode: number): Promise<string | undefined>;
  /** Names added to and removed from the directory survive power loss from here on. */
  syncDirectory(path: string): Promise<void>;
}

export const nodeDisk: Disk = {
  createFile: async (path) => new NodeNewFile(await open(path, "wx", 0o600)),

  async openFile(path) {
    // Not to wait for the writer of a pipe that somebody put into the repository. Windows has neither pipes nor the flag.
    const nonBlocking = platform === "win32" ? 0 : constants.O_NONBLOCK;
    const handle = await open(path, constants.O_RDONLY | nonBlocking);
    try {
      const stats = await handle.stat();
      if (!stats.isFile()) throw Object.assign(new Error(`${path} is not a regular file`), { code: "ENOENT" });
      return new NodeOpenFile(handle, stats.size);
    } catch (error) {
      await handle.close();
      throw error;
    }
  },

  async entry(path) {
    const stats = await lstat(path);
    return { sizeBytes: stats.size, isFile: stats.isFile(), mode: stats.mode & 0o7777, modifiedAtMs: stats.mtimeMs };
  },

  async *names(path) {
    for await (const entry of await opendir(path, { bufferSize: 256 })) yield entry.name;
  },

  link,
  rename,

  async removeFile(path) {
    // Windows does not remove a read-only file.
    if (platform === "win32") await chmod(path, 0o600);
    await unlink(path);
  },

  makeDirectory: (path, mode) => mkdir(path, { recursive: true, mode }),

  async syncDirectory(path) {
    if (platform === "win32") return; // A directory cannot be opened there, and NTFS journals names by itself.
    const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  },
};

class NodeNewFile implements NewFile {
  readonly #handle: FileHandle;

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  async append(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength;) {
      const { bytesWritten } = await this.#handle.write(bytes, at, bytes.byteLength - at, null);
      at += bytesWritten;
    }
  }

  setMode = (mode: number) => this.#handle.chmod(mode);
  sync = () => this.#handle.sync();
  close = () => this.#handle.close();
}

class NodeOpenFile implements OpenFile {
  readonly sizeBytes: number;
  readonly #handle: FileHandle;

  constructor(handle: FileHandle, sizeBytes: number) {
    this.#handle = handle;
    this.sizeBytes = sizeBytes;
  }

  async readInto(target: Uint8Array, offset: number): Promise<number> {
    const { bytesRead } = await this.#handle.read(target, 0, target.byteLength, offset);
    return bytesRead;
  }

  close = () => this.#handle.close();
}
