import { HoldfastError, count, dayMs, formatBytes } from "@holdfast/base";
import {
  cacheAgeMaxDays,
  cacheBytes,
  listCaches,
  oldCaches,
  removeCache,
  type RepositoryCache,
} from "@holdfast/engine/repository";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { cacheFolder } from "../local-cache.ts";
import { printable } from "../output/printable.ts";
import { formatTable } from "../output/table.ts";
import type { cacheVerbFlags } from "../table/cache-commands.ts";

type CacheCall = Call<typeof cacheVerbFlags>;

/** Lists the local caches, or removes those that nobody used for long. */
export async function run(call: CacheCall): Promise<ExitCode> {
  const { flags, terminal, clock } = call;
  const folder = cacheFolder(call);
  if (folder === undefined) throw new HoldfastError(cliErrors.usage, "The local cache is turned off, or has no place.");
  const days = parseDays(flags.maxAge);
  const caches = await listCaches(folder);
  const old = new Set(oldCaches(caches, clock.nowMs(), days));
  if (flags.cleanup) {
    for (const cache of old) await removeCache(cache);
    if (!flags.quiet) {
      const said = old.size === 0 ? "no old cache folders found" : `removed ${count(old.size, "old cache folder")}`;
      terminal.write(
        flags.json ? `${JSON.stringify({ removed: [...old].map(({ repository }) => repository) })}\n` : `${said}\n`,
      );
    }
    return 0;
  }
  const sizes = flags.noSize ? undefined : await Promise.all(caches.map(cacheBytes));
  if (flags.json)
    terminal.write(`${JSON.stringify(caches.map((cache, at) => cacheJson(cache, old.has(cache), sizes?.[at])))}\n`);
  else terminal.write(cacheText(folder, caches, old, sizes, clock.nowMs()));
  return 0;
}

function cacheJson({ repository, usedAtMs }: RepositoryCache, isOld: boolean, sizeBytes: number | undefined) {
  const lastUsed = new Date(usedAtMs).toISOString();
  return {
    repo_id: repository,
    last_used: lastUsed,
    old: isOld,
    ...(sizeBytes === undefined ? {} : { size: sizeBytes }),
  };
}

function cacheText(
  folder: string,
  caches: readonly RepositoryCache[],
  old: ReadonlySet<RepositoryCache>,
  sizes: readonly number[] | undefined,
  nowMs: number,
): string {
  if (caches.length === 0) return `no cache folders found in ${printable(folder)}\n`;
  const columns = ["Repo ID", "Last Used", "Old", ...(sizes === undefined ? [] : ["Size"])];
  const rows = caches.map((cache, at) => [
    cache.repository.slice(0, 10),
    `${Math.max(0, Math.floor((nowMs - cache.usedAtMs) / dayMs))} days ago`,
    old.has(cache) ? "yes" : "",
    ...(sizes === undefined ? [] : [formatBytes(sizes[at]!)]),
  ]);
  const table = formatTable(
    columns.map((heading) => ({ heading, alignRight: heading === "Size" })),
    rows,
  );
  return `${table}${count(caches.length, "cache folder")} in ${printable(folder)}\n`;
}

function parseDays(text: string | undefined): number {
  if (text === undefined) return cacheAgeMaxDays;
  if (/^\d{1,6}$/.test(text)) return Number(text);
  throw new HoldfastError(cliErrors.usage, `--max-age wants a number of days, not "${text}".`);
}
