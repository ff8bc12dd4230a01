import { HoldfastError } from "@holdfast/base";
import type { Call } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { pruneLimits } from "../prune-options.ts";
import { runPrune } from "../prune-run.ts";
import { ourselves, withRepository, type Session } from "../session.ts";
import type { pruneFlags } from "../table/upkeep-commands.ts";

/** Removes what no snapshot needs; 3 when the storage would not let go of some files. */
export async function run(call: Call<typeof pruneFlags>): Promise<ExitCode> {
  const { flags } = call;
  if (flags.noLock && !flags.dryRun)
    throw new HoldfastError(cliErrors.usage, "--no-lock is only for --dry-run: removing needs the lock.");
  const limits = pruneLimits(flags);
  const retryForMs = parseDuration(flags.retryLock ?? "0", "--retry-lock");
  // The engine's prune takes its locks itself: first beside others, then alone.
  const work = async ({ repository, signal }: Session) => {
    const { unsafeRecoverNoFreeSpace: recoverNoFreeSpace } = flags;
    const options = {
      ...limits,
      isDryRun: flags.dryRun,
      ...(recoverNoFreeSpace === undefined ? {} : { recoverNoFreeSpace }),
      ...(flags.noLock ? {} : { lock: { ...ourselves(), retryForMs } }),
    };
    const { filesRefused } = await runPrune(call, repository, options, signal);
    return filesRefused > 0 ? 3 : 0;
  };
  return withRepository(call, "none", work, { cache: "files" });
}
