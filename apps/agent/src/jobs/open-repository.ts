import { messageOf } from "@holdfast/base";
import { removeOldCaches, Repository } from "@holdfast/engine";
import type { Storage } from "@holdfast/storage";
import type { RunContext } from "../runs/run-context.ts";
import type { PartHome } from "../state/part-home.ts";

type Context = Pick<RunContext, "clock" | "random" | "log" | "signal">;

/**
 * Opens a vault's repository with what this part remembers of it: its index, and copies of its small files, encrypted as
 * they are stored. What a part has not used for a month goes. The work fails over nothing that is wrong with the copies.
 *
 * @see docs/adr/0015-the-index-is-kept-as-it-lies-in-memory.md
 * @throws what `Repository.open` throws
 */
export async function openRepository(
  home: Pick<PartHome, "cacheFolder">,
  storage: Storage,
  password: string,
  context: Context,
): Promise<Repository> {
  await forgetOldCaches(home.cacheFolder, context);
  const cache = { folder: home.cacheFolder, hasIndex: true };
  return Repository.open(storage, { password, signal: context.signal, cache }, context);
}

async function forgetOldCaches(folder: string, { clock, log }: Context): Promise<void> {
  try {
    await removeOldCaches(folder, clock.nowMs());
  } catch (error) {
    log.warn("old local copies of vaults are not removed", { folder, why: messageOf(error) });
  }
}
