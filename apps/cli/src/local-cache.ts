import { removeOldCaches, type CacheOptions } from "@holdfast/engine/repository";
import type { Call } from "./command.ts";
import type { cacheFlags } from "./table/repository-flags.ts";

/**
 * What a command may take from the local cache: everything, the encrypted files but not the index made of them (for
 * work that removes or repairs), or nothing (for work that looks for damage in the repository itself).
 */
export type CacheUse = "all" | "files" | "none";

/** Where the local cache lies; undefined when it is turned off, or no place for it is known. */
export function cacheFolder({ flags, environment }: Call<typeof cacheFlags>): string | undefined {
  return flags.noCache || environment.noCache ? undefined : (flags.cacheDir ?? environment.cacheFolder);
}

/** The same as the engine takes it. */
export function cacheOptions(call: Call<typeof cacheFlags>, use: CacheUse): { cache?: CacheOptions } {
  const folder = cacheFolder(call);
  return use === "none" || folder === undefined ? {} : { cache: { folder, hasIndex: use === "all" } };
}

/** What `--cleanup-cache` asks for: caches that nobody used for a month go. */
export async function cleanUpCaches(call: Call<typeof cacheFlags>): Promise<void> {
  const folder = cacheFolder(call);
  if (!call.flags.cleanupCache || folder === undefined) return;
  await removeOldCaches(folder, call.clock.nowMs());
}
