import { count } from "@holdfast/base";
import type { Repository } from "@holdfast/engine";
import { prune, type PruneOptions, type PruneProgress, type PruneResult } from "@holdfast/engine/upkeep";
import type { Call } from "./command.ts";
import { ProgressDisplay } from "./output/progress.ts";
import { progressStyle } from "./output/progress-style.ts";
import { pruneMessage, pruneText } from "./prune-text.ts";
import type { outputFlags } from "./table/repository-flags.ts";

/**
 * Prunes, and says what comes of it: the plan before anything is changed, and what could not be removed.
 * @returns what was done; 3 is the right exit code when the storage refused to remove files
 */
export async function runPrune(
  call: Call<typeof outputFlags>,
  repository: Repository,
  options: PruneOptions,
  signal: AbortSignal,
): Promise<PruneResult> {
  const { flags, terminal, clock } = call;
  const display = new ProgressDisplay<PruneProgress>(terminal, clock, {
    ...progressStyle(call),
    ...(flags.json ? { style: "none" as const } : {}), // restic's prune has no status messages
    describe: progressText,
    message: () => ({}),
  });
  const onPlan: PruneOptions["onPlan"] = (plan) => {
    display.end();
    if (!flags.json && !flags.quiet) terminal.write(pruneText(plan, flags.verbose, options.isDryRun === true));
  };
  let result: PruneResult;
  try {
    result = await prune(repository, { ...options, onPlan }, (progress) => display.update(progress), signal);
  } finally {
    display.end();
  }
  const { plan, packsRemoved, packsSpared, filesRefused } = result;
  if (flags.json) terminal.write(`${JSON.stringify(pruneMessage(plan.statistics))}\n`);
  else if (!flags.quiet && options.isDryRun !== true) terminal.write(`removed ${count(packsRemoved, "pack")}\ndone\n`);
  if (packsSpared > 0 && !flags.json)
    terminal.writeError(`holdfast: ${count(packsSpared, "pack")} stayed: a newer snapshot needs them.\n`);
  if (filesRefused > 0) {
    const what = `${count(filesRefused, "file")} stayed: the storage refused to remove them. The next prune tries again.`;
    terminal.writeError(
      flags.json ? `${JSON.stringify({ message_type: "error", message: what })}\n` : `holdfast: warning: ${what}\n`,
    );
  }
  return result;
}

const phaseTexts = {
  trees: "finding what is in use: folders read",
  repack: "rewriting packs",
  waiting: "waiting for others to end",
  removing: "removing",
};

function progressText({ phase, done, total }: PruneProgress) {
  const counted = done === 0 ? "" : ` ${done.toLocaleString("en")}`;
  const of = total === 0 ? "" : ` of ${total.toLocaleString("en")}`;
  return { fraction: total === 0 ? undefined : done / total, text: `${phaseTexts[phase]}${counted}${of}` };
}
