import { dirname, join, resolve } from "node:path";
import {
  HoldfastError,
  silentLog,
  systemClock,
  systemCodeOf,
  systemRandom,
  type Clock,
  type Log,
  type Random,
} from "@holdfast/base";
import { storageErrors } from "../errors.ts";
import { CallerFailure } from "../file-body.ts";
import { existingFile, missingFile, shortFile } from "../file-failures.ts";
import { describeFile, folderOfType, shardedPathOf } from "../layout.ts";
import type { ByteRange, FileBody, FileEntry, FileHandle, FileType, Storage, StorageProperties } from "../storage.ts";
import { nodeDisk, type Disk, type OpenFile } from "./disk.ts";
import { diskFailure } from "./disk-failure.ts";
import { Leftovers } from "./leftovers.ts";
import { entryOrNothing, listFolder, listShards } from "./list-files.ts";
import { saveFile, synced } from "./save-file.ts";

export interface LocalStorageOptions {
  readonly log?: Log;
  readonly random?: Random;
  /** Tells how old a temporary file is. */
  readonly clock?: Clock;
  /** The file system, for tests that break it. */
  readonly disk?: Disk;
  /** Requests in flight; default 2, as in restic: one writes while the other syncs. */
  readonly connectionsMax?: number | undefined;
}

/**
 * A repository in a directory, in restic's layout, so that restic itself may use it at the same time.
 *
 * New files get the modes 0700 and 0400, or 0770 and 0440 when the group may read the config that is there.
 * When the config is missing, missing folders are not made and not taken for empty ones: a disk that is not
 * mounted must not look like a repository without snapshots.
 *
 * @param path absolute, or relative to the working directory now
 */
export function localStorage(path: string, options: LocalStorageOptions = {}): Storage {
  return new LocalStorage(resolve(path), options);
}

const streamPieceBytes = 256 * 1024;

class LocalStorage implements Storage {
  readonly location: string;
  readonly properties: StorageProperties;
  readonly #disk: Disk;
  readonly #random: Random;
  readonly #log: Log;
  readonly #leftovers: Leftovers;
  #modes: Modes | undefined;
  #warnedOfNoSync = false;

  constructor(root: string, options: LocalStorageOptions) {
    this.location = root;
    this.properties = { connectionsMax: options.connectionsMax ?? 2, hasAtomicWrite: true };
    this.#disk = options.disk ?? nodeDisk;
    this.#random = options.random ?? systemRandom;
    this.#log = options.log ?? silentLog;
    this.#leftovers = new Leftovers(this.#disk, options.clock ?? systemClock, this.#log);
  }

  async create(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    const shards = Array.from({ length: 256 }, (_, shard) => join("data", shard.toString(16).padStart(2, "0")));
    const folders = ["", ...Object.values(folderOfType), ...shards].map((folder) => join(this.location, folder));
    const { directory } = await this.#modesNow();
    try {
      const parents = new Set<string>();
      await Promise.all(
        folders.map(async (folder) => {
          const topmost = await this.#disk.makeDirectory(folder, directory);
          if (topmost !== undefined) for (const parent of parentsUpTo(topmost, folder)) parents.add(parent);
        }),
      );
      for (const parent of parents) await this.#syncDirectory(parent);
    } catch (error) {
      throw diskFailure(error, `create a repository at ${this.location}`);
    }
  }

  async stat(file: FileHandle, signal?: AbortSignal): Promise<FileEntry> {
    const path = this.#pathOf(file);
    signal?.throwIfAborted();
    const entry = await this.#doing(file, "look at", () => this.#disk.entry(path));
    if (!entry.isFile) throw missingFile(file, this.location);
    return { name: file.name, sizeBytes: entry.sizeBytes };
  }

  async read(file: FileHandle, range?: ByteRange, signal?: AbortSignal): Promise<Uint8Array> {
    const { open, whole } = await this.#open(file, range, signal);
    try {
      const bytes = new Uint8Array(range?.spare ?? new ArrayBuffer(whole.length), 0, whole.length);
      for (let at = 0; at < bytes.byteLength;) {
        at += await this.#readInto(open, file, bytes.subarray(at), whole.offset + at);
        signal?.throwIfAborted();
      }
      return bytes;
    } finally {
      await open.close();
    }
  }

  async *stream(file: FileHandle, range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const { open, whole } = await this.#open(file, range, signal);
    try {
      for (let at = 0; at < whole.length;) {
        const piece = new Uint8Array(Math.min(streamPieceBytes, whole.length - at));
        const bytesRead = await this.#readInto(open, file, piece, whole.offset + at);
        signal?.throwIfAborted();
        yield piece.subarray(0, bytesRead);
        at += bytesRead;
      }
    } finally {
      await open.close();
    }
  }

  async write(file: FileHandle, body: Uint8Array | FileBody, signal?: AbortSignal): Promise<void> {
    const path = this.#pathOf(file);
    signal?.throwIfAborted();
    try {
      if (await this.#isThere(path)) throw Object.assign(new Error(`${path} exists`), { code: "EEXIST" });
      const { file: mode } = await this.#modesNow();
      const makeFolder = () => this.#makeFolder(dirname(path));
      const onUnsynced = (code: string) => this.#warnOfNoSync(code);
      await saveFile(path, body, { disk: this.#disk, random: this.#random, mode, makeFolder, onUnsynced }, signal);
    } catch (error) {
      if (error instanceof CallerFailure) throw error.cause;
      if (systemCodeOf(error) !== "EEXIST") throw this.#failure(error, file, "write");
      // Whoever wrote it may have died before the name was durable, and we are about to vouch for it.
      await this.#doing(file, "sync", () => this.#syncDirectory(dirname(path)));
      throw existingFile(file, this.location, error);
    }
  }

  async remove(file: FileHandle, signal?: AbortSignal): Promise<void> {
    const path = this.#pathOf(file);
    signal?.throwIfAborted();
    try {
      await this.#disk.removeFile(path);
      // A removed snapshot or index that came back after power loss would name packs that prune has removed since.
      if (file.type === "snapshot" || file.type === "index") await this.#syncDirectory(dirname(path));
    } catch (error) {
      if (systemCodeOf(error) !== "ENOENT") throw this.#failure(error, file, "remove");
    }
    if (file.type !== "lock") await this.#leftovers.clear();
  }

  async *list(type: FileType, signal?: AbortSignal): AsyncGenerator<FileEntry> {
    signal?.throwIfAborted();
    if (type === "config") {
      const entry = await entryOrNothing(this.#disk, join(this.location, "config"));
      if (entry?.isFile) yield { name: "", sizeBytes: entry.sizeBytes };
      return;
    }
    const folder = join(this.location, folderOfType[type]);
    const place = {
      disk: this.#disk,
      hasConfig: this.#hasConfig,
      onOtherName: (path: string, name: string) => this.#leftovers.note(path, name),
    };
    yield* type === "pack" ? listShards(place, folder, signal) : listFolder(place, folder, signal);
  }

  async close(): Promise<void> {}

  #pathOf(file: FileHandle): string {
    return join(this.location, ...shardedPathOf(file));
  }

  async #open(file: FileHandle, range: ByteRange | undefined, signal: AbortSignal | undefined) {
    const path = this.#pathOf(file);
    signal?.throwIfAborted();
    const open = await this.#doing(file, "open", () => this.#disk.openFile(path));
    const whole = range ?? { offset: 0, length: open.sizeBytes };
    if (whole.offset + whole.length > open.sizeBytes) {
      await open.close();
      throw shortFile(file, this.location, whole, open.sizeBytes);
    }
    return { open, whole };
  }

  async #readInto(open: OpenFile, file: FileHandle, target: Uint8Array, offset: number): Promise<number> {
    const bytesRead = await this.#doing(file, "read", () => open.readInto(target, offset));
    if (bytesRead === 0) throw shortFile(file, this.location, { offset, length: target.byteLength });
    return bytesRead;
  }

  #isThere = async (path: string) => (await entryOrNothing(this.#disk, path)) !== undefined;
  #hasConfig = () => this.#isThere(join(this.location, "config"));

  /** False when there is no repository here to make folders in. */
  async #makeFolder(folder: string): Promise<boolean> {
    if (!(await this.#hasConfig())) return false;
    const { directory } = await this.#modesNow();
    await this.#disk.makeDirectory(folder, directory);
    await this.#syncDirectory(dirname(folder));
    return true;
  }

  /** Read once: an administrator who lets the group in does it to the whole repository and starts again. */
  async #modesNow(): Promise<Modes> {
    if (this.#modes !== undefined) return this.#modes;
    const config = await entryOrNothing(this.#disk, join(this.location, "config"));
    if (config === undefined) return privateModes;
    this.#modes = (config.mode & 0o040) === 0 ? privateModes : sharedModes;
    return this.#modes;
  }

  async #syncDirectory(path: string): Promise<void> {
    await synced(
      () => this.#disk.syncDirectory(path),
      (code) => this.#warnOfNoSync(code),
    );
  }

  #warnOfNoSync(code: string): void {
    if (this.#warnedOfNoSync) return;
    this.#warnedOfNoSync = true;
    this.#log.warn("this file system cannot sync; what is stored may be lost in a power cut", {
      location: this.location,
      code,
    });
  }

  async #doing<Result>(file: FileHandle, verb: string, act: () => Promise<Result>): Promise<Result> {
    try {
      return await act();
    } catch (error) {
      throw this.#failure(error, file, verb);
    }
  }

  #failure(error: unknown, file: FileHandle, verb: string): unknown {
    if (error instanceof HoldfastError) return error;
    if (systemCodeOf(error) === "ENOENT") {
      return verb === "write" ? noRepository(this.location, error) : missingFile(file, this.location, error);
    }
    return diskFailure(error, `${verb} ${describeFile(file)} at ${this.location}`);
  }
}

interface Modes {
  readonly directory: number;
  readonly file: number;
}

const privateModes: Modes = { directory: 0o700, file: 0o400 };
const sharedModes: Modes = { directory: 0o770, file: 0o440 };

function noRepository(location: string, cause: unknown): HoldfastError {
  return new HoldfastError(storageErrors.missing, `There is no repository at ${location}.`, { cause });
}

/** The directories that got a new name when everything from `topmost` down to `folder` was made. */
function parentsUpTo(topmost: string, folder: string): string[] {
  const parent = dirname(folder);
  return folder === topmost || parent === folder ? [parent] : [...parentsUpTo(topmost, parent), parent];
}
