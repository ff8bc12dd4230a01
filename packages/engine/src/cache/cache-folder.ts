import { mkdir, open, readFile, readdir, rename, rm, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { messageOf, systemCodeOf, toHex, type Clock, type Log, type Random } from "@holdfast/base";
import { isFileName, type ByteRange, type FileType } from "@holdfast/storage";
import type { Id } from "../id.ts";

/** What a cache keeps: whatever is read again and again, and never what files hold. */
export const cachedFolders = { snapshot: "snapshots", index: "index", pack: "data" } as const;
export type CachedType = keyof typeof cachedFolders;

export function isCachedType(type: FileType): type is CachedType {
  return Object.hasOwn(cachedFolders, type);
}

/** The layout that restic reads and writes; it leaves other numbers alone. */
const layoutVersion = "1";
/** Marks the folder for programs that leave caches out of backups. @see https://bford.info/cachedir/ */
const cacheTag = { name: "CACHEDIR.TAG", content: "Signature: 8a477f597d28d172789f06886806bc55\n" };
/** Ours, beside restic's; restic removes it together with all of a repository's cache and never looks into it. */
const ownFolder = "holdfast";

/**
 * The local copies of one repository's small files, encrypted as they are stored, in the folder that restic uses too.
 * Nothing depends on it: what fails here is told once, and the repository is asked instead.
 *
 * @see restic-format section 19
 */
export class CacheFolder {
  readonly path: string;
  readonly #random: Random;
  readonly #log: Log;
  #isWritable = true;

  private constructor(path: string, context: { random: Random; log: Log }) {
    this.path = path;
    this.#random = context.random;
    this.#log = context.log;
  }

  /**
   * The cache of a repository below `base`, made when it is not there, and marked as used now.
   * @returns undefined when it cannot be used; the log says why
   */
  static async open(
    base: string,
    repository: Id,
    context: { clock: Clock; random: Random; log: Log },
  ): Promise<CacheFolder | undefined> {
    const path = join(base, repository);
    try {
      await makeFolder(base);
      await writeIfNew(join(base, cacheTag.name), cacheTag.content);
      for (const folder of Object.values(cachedFolders)) await makeFolder(join(path, folder));
      await writeIfNew(join(path, "version"), layoutVersion);
      const version = (await readFile(join(path, "version"), "utf8")).trim();
      if (version !== layoutVersion) throw new Error(`it has the layout "${version.slice(0, 20)}" of another program`);
      const nowSeconds = context.clock.nowMs() / 1000;
      await utimes(path, nowSeconds, nowSeconds);
      return new CacheFolder(path, context);
    } catch (error) {
      context.log.warn("the local cache cannot be used", { folder: path, why: messageOf(error) });
      return undefined;
    }
  }

  /** A folder of files of our own, made when it is not there. */
  async ownFolder(content: "index" | "trees"): Promise<string> {
    const path = join(this.path, ownFolder, content);
    await makeFolder(path);
    return path;
  }

  /** A file, or a range of it; undefined when it is not here, or not all of the range. */
  async read(type: CachedType, name: string, range?: ByteRange): Promise<Uint8Array | undefined> {
    try {
      const path = this.#pathOf(type, name);
      if (range === undefined) return await readFile(path);
      const file = await open(path);
      try {
        const bytes = Buffer.allocUnsafe(range.length);
        const { bytesRead } = await file.read(bytes, 0, range.length, range.offset);
        return bytesRead === range.length ? bytes : undefined;
      } finally {
        await file.close();
      }
    } catch (error) {
      if (systemCodeOf(error) !== "ENOENT") this.#log.debug("a cached file is not read", { why: messageOf(error) });
      return undefined;
    }
  }

  /** Keeps a whole file. It need not survive power loss: what is read back is proven each time. */
  async write(type: CachedType, name: string, bytes: Uint8Array): Promise<void> {
    if (!this.#isWritable) return;
    const path = this.#pathOf(type, name);
    const temporary = `${path}-tmp-${toHex(this.#random.bytes(8))}`;
    try {
      await writeFile(temporary, bytes, { mode: 0o600, flag: "wx" }).catch(async (error: unknown) => {
        if (systemCodeOf(error) !== "ENOENT") throw error;
        await makeFolder(join(path, ".."));
        await writeFile(temporary, bytes, { mode: 0o600, flag: "wx" });
      });
      await rename(temporary, path);
    } catch (error) {
      this.#isWritable = false;
      this.#log.warn("nothing more is kept in the local cache", { folder: this.path, why: messageOf(error) });
      await rm(temporary, { force: true }).catch(() => {});
    }
  }

  async remove(type: CachedType, name: string): Promise<void> {
    await unlink(this.#pathOf(type, name)).catch((error: unknown) => {
      if (systemCodeOf(error) !== "ENOENT") this.#log.debug("a cached file is not removed", { why: messageOf(error) });
    });
  }

  /** Removes the files of a type that the repository no longer has. */
  async keepOnly(type: CachedType, isThere: (name: string) => boolean): Promise<void> {
    const folder = join(this.path, cachedFolders[type]);
    try {
      for (const shard of await namesIn(folder)) {
        for (const name of await namesIn(join(folder, shard)))
          if (isFileName(name) && !isThere(name)) await this.remove(type, name);
      }
    } catch (error) {
      this.#log.debug("the local cache is not cleared", { why: messageOf(error) });
    }
  }

  #pathOf(type: CachedType, name: string): string {
    return join(this.path, cachedFolders[type], name.slice(0, 2), name);
  }
}

async function makeFolder(path: string): Promise<void> {
  await mkdir(path, { recursive: true, mode: 0o700 });
}

async function writeIfNew(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: "wx", mode: 0o644 }).catch((error: unknown) => {
    if (systemCodeOf(error) !== "EEXIST") throw error;
  });
}

/** Empty for what is no folder. */
async function namesIn(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(systemCodeOf(error) ?? "")) return [];
    throw error;
  }
}
