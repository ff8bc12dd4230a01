import { HoldfastError, count } from "@holdfast/base";
import { findSnapshot, shortId, type ItemProblem } from "@holdfast/engine/repository";
import { restore, type RestoreOptions, type RestoreProgress } from "@holdfast/engine/restore";
import type { Call } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { cliErrors } from "../errors.ts";
import { patternsFrom } from "../exclude-options.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printable } from "../output/printable.ts";
import { ProgressDisplay } from "../output/progress.ts";
import { progressStyle } from "../output/progress-style.ts";
import * as report from "../output/restore-report.ts";
import { ourselves, withRepository } from "../session.ts";
import { snapshotFilter } from "../snapshot-filter.ts";
import { parseSnapshotOperand } from "../snapshot-operand.ts";
import type { restoreFlags } from "../table/repository-commands.ts";

type RestoreCall = Call<typeof restoreFlags>;

/** Brings files back; 1 when some could not be, after each was named, 3 when this machine cannot keep all metadata. */
export async function run(call: RestoreCall): Promise<ExitCode> {
  const { flags, terminal, clock, operands } = call;
  const [operand] = operands;
  const { target } = flags;
  if (operand === undefined || operands.length > 1)
    throw new HoldfastError(cliErrors.usage, 'Give the id of one snapshot, or "latest".');
  if (target === undefined) throw new HoldfastError(cliErrors.usage, "Give the folder to restore to with --target.");
  const display = new ProgressDisplay<RestoreProgress>(terminal, clock, {
    ...progressStyle(call),
    describe: report.progressText,
    message: report.statusMessage,
  });
  const beganMs = clock.monotonicMs();
  const result = await withRepository(call, "none", async ({ repository, signal }) => {
    const { id, folder } = parseSnapshotOperand(operand);
    const snapshot = await findSnapshot(repository, id, snapshotFilter(flags), signal);
    if (!flags.json && !flags.quiet)
      display.say(`restoring ${shortId(snapshot.id)} of [${pathsText(snapshot.paths)}] to ${target}`);
    const options: RestoreOptions = {
      ...(await restoreOptions(call)),
      snapshotId: snapshot.id,
      subfolder: folder,
      targetDir: target,
      onProblem: (problem: ItemProblem) => {
        if (flags.json) terminal.writeError(`${JSON.stringify(report.problemMessage(problem))}\n`);
        else display.say(`holdfast: ${problem.code}: ${printable(problem.path)}: ${printable(problem.message)}`);
      },
      onItem: (item) => {
        if (flags.verbose < 2 || flags.quiet) return;
        display.end();
        const text = flags.json ? JSON.stringify(report.itemMessage(item, target)) : report.itemText(item, target);
        terminal.write(`${text}\n`);
      },
    };
    try {
      return await restore(repository, options, (progress) => display.update(progress), signal);
    } finally {
      display.end();
    }
  });
  const tookMs = clock.monotonicMs() - beganMs;
  if (flags.json) terminal.write(`${JSON.stringify(report.summaryMessage(result, tookMs))}\n`);
  else terminal.write(report.summaryText(result, tookMs, flags));
  const { problems } = result;
  if (problems.count > 0) {
    const what = count(problems.count, "entry", "entries");
    throw new HoldfastError(cliErrors.restoreIncomplete, `${what} could not be restored.`);
  }
  return result.notKept === undefined ? 0 : 3;
}

async function restoreOptions({ flags, environment }: RestoreCall): Promise<Partial<RestoreOptions>> {
  const retryForMs = parseDuration(flags.retryLock ?? "0", "--retry-lock");
  const patternsIn = (files: readonly string[]) => patternsFrom(files, environment);
  return {
    include: [...flags.include, ...(await patternsIn(flags.includeFile))],
    includeIgnoringCase: [...flags.iinclude, ...(await patternsIn(flags.iincludeFile))],
    exclude: [...flags.exclude, ...(await patternsIn(flags.excludeFile))],
    excludeIgnoringCase: [...flags.iexclude, ...(await patternsIn(flags.iexcludeFile))],
    includeAttributes: flags.includeXattr,
    excludeAttributes: flags.excludeXattr,
    overwrite: flags.overwrite ?? "always",
    deletesForeign: flags.delete,
    isDryRun: flags.dryRun,
    isOwnershipByName: flags.ownershipByName,
    sparse: flags.sparse,
    verify: flags.verify,
    ...(flags.noLock ? {} : { lock: { ...ourselves(), retryForMs } }),
  };
}

/** One line is enough, however many paths there are. */
function pathsText(paths: readonly string[]): string {
  const shown = paths.slice(0, 10).map((path) => printable(path.slice(0, 200)));
  return [...shown, ...(paths.length > shown.length ? ["…"] : [])].join(" ");
}
