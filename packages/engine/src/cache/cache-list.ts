import { lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { dayMs, systemCodeOf } from "@holdfast/base";
import { isId, type Id } from "../id.ts";

/** After so many days without use a repository's cache counts as old, as in restic. */
export const cacheAgeMaxDays = 30;

/** What the cache folder holds of one repository. */
export interface RepositoryCache {
  readonly repository: Id;
  readonly path: string;
  readonly usedAtMs: number;
}

/** The repositories that have a cache in this folder, by their ids; none when there is no folder. */
export async function listCaches(folder: string): Promise<RepositoryCache[]> {
  const names = (await entriesOf(folder)).filter(isId).sort();
  const caches = await Promise.all(
    names.map(async (repository) => {
      const path = join(folder, repository);
      const stats = await lstat(path);
      return stats.isDirectory() ? [{ repository, path, usedAtMs: stats.mtimeMs }] : [];
    }),
  );
  return caches.flat();
}

/** Those that nobody used for so many days. */
export function oldCaches(caches: readonly RepositoryCache[], nowMs: number, days: number): RepositoryCache[] {
  return caches.filter((cache) => nowMs - cache.usedAtMs > days * dayMs);
}

/** Bytes of all files of a cache. */
export async function cacheBytes(cache: RepositoryCache): Promise<number> {
  let bytes = 0;
  const folders = [cache.path];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    for (const name of await entriesOf(folder)) {
      const path = join(folder, name);
      const stats = await lstat(path).catch(() => undefined); // another program may be using it
      if (stats?.isDirectory() === true) folders.push(path);
      else bytes += stats?.size ?? 0;
    }
  }
  return bytes;
}

export async function removeCache(cache: RepositoryCache): Promise<void> {
  await rm(cache.path, { recursive: true, force: true });
}

/** Removes the caches below a folder that nobody used for `cacheAgeMaxDays`. @throws the system's errors */
export async function removeOldCaches(folder: string, nowMs: number): Promise<void> {
  for (const cache of oldCaches(await listCaches(folder), nowMs, cacheAgeMaxDays)) await removeCache(cache);
}

async function entriesOf(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return [];
    throw error;
  }
}
