import { count } from "@holdfast/base";
import { removeLocks } from "@holdfast/engine/repository";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { ourselves, withRepository } from "../session.ts";
import type { unlockFlags } from "../table/key-commands.ts";

/** Removes locks that nobody holds. */
export async function run(call: Call<typeof unlockFlags>): Promise<ExitCode> {
  const { flags, terminal } = call;
  const options = { all: flags.removeAll, hostname: ourselves().hostname };
  const removed = await withRepository(call, "none", ({ repository, signal }) =>
    removeLocks(repository, options, signal),
  );
  if (removed > 0 && !flags.quiet) terminal.write(`successfully removed ${count(removed, "lock")}\n`);
  return 0;
}
