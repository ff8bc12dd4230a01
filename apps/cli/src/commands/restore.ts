import { HoldfastError, count, formatBytes, formatDuration, secondMs } from "@holdfast/base";
import {
  findSnapshot,
  restore,
  shortId,
  type ItemProblem,
  type RestoreOptions,
  type RestoreProgress,
  type RestoreResult,
} from "@holdfast/engine";
import type { Call } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { cliErrors } from "../errors.ts";
import { patternsFrom } from "../exclude-options.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printable } from "../output/printable.ts";
import { ProgressDisplay } from "../output/progress.ts";
import { progressStyle } from "../output/progress-style.ts";
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
    describe: progressText,
    message: statusMessage,
  });
  const beganMs = clock.monotonicMs();
  const result = await withRepository(call, "none", async ({ repository, signal }) => {
    const { id, folder } = parseSnapshotOperand(operand);
    const snapshot = await findSnapshot(repository, id, snapshotFilter(flags), signal);
    if (!flags.json && !flags.quiet)
      display.say(`restoring ${shortId(snapshot.id)} of [${snapshot.paths.map(printable).join(" ")}] to ${target}`);
    const options = {
      ...(await restoreOptions(call)),
      snapshotId: snapshot.id,
      subfolder: folder,
      targetDir: target,
      onProblem: (problem: ItemProblem) => {
        if (flags.json) terminal.writeError(`${JSON.stringify(problemMessage(problem))}\n`);
        else display.say(`holdfast: ${problem.code}: ${printable(problem.path)}: ${printable(problem.message)}`);
      },
    };
    try {
      return await restore(repository, options, (progress) => display.update(progress), signal);
    } finally {
      display.end();
    }
  });
  const tookMs = clock.monotonicMs() - beganMs;
  if (flags.json) terminal.write(`${JSON.stringify(summaryMessage(result, tookMs))}\n`);
  else terminal.write(summaryText(result, tookMs, flags.quiet));
  const { problems } = result;
  if (problems.count > 0) {
    const what = count(problems.count, "entry", "entries");
    throw new HoldfastError(cliErrors.restoreIncomplete, `${what} could not be restored.`);
  }
  return result.notKept === undefined ? 0 : 3;
}

async function restoreOptions({ flags, environment }: RestoreCall): Promise<Partial<RestoreOptions>> {
  const retryForMs = parseDuration(flags.retryLock ?? "0", "--retry-lock");
  return {
    include: [...flags.include, ...(await patternsFrom(flags.includeFile, environment))],
    exclude: [...flags.exclude, ...(await patternsFrom(flags.excludeFile, environment))],
    overwrite: flags.overwrite ?? "always",
    sparse: flags.sparse,
    verify: flags.verify,
    ...(flags.noLock ? {} : { lock: { ...ourselves(), retryForMs } }),
  };
}

function progressText({ filesDone, totalFiles, bytesDone, totalBytes, errorCount, currentFiles }: RestoreProgress) {
  const errors = errorCount === 0 ? "" : `, ${count(errorCount, "error")}`;
  return {
    fraction: totalBytes === 0 ? undefined : Math.min(1, bytesDone / totalBytes),
    text: `${filesDone} of ${count(totalFiles, "file")}, ${formatBytes(bytesDone)} of ${formatBytes(totalBytes)}${errors}`,
    detail: printable(currentFiles[0] ?? ""),
  };
}

/** @see restic-format.md section 18 */
function statusMessage(progress: RestoreProgress): Record<string, unknown> {
  const counted = {
    seconds_elapsed: Math.floor(progress.secondsElapsed),
    total_files: progress.totalFiles,
    files_restored: progress.filesDone,
    files_skipped: progress.filesSkipped,
    total_bytes: progress.totalBytes,
    bytes_restored: progress.bytesDone,
    bytes_skipped: progress.bytesSkipped,
  };
  const present = Object.entries(counted).filter(([, value]) => value !== 0);
  const fraction = progress.totalBytes > 0 ? Math.min(1, progress.bytesDone / progress.totalBytes) : 0;
  return { message_type: "status", percent_done: fraction, ...Object.fromEntries(present) };
}

function problemMessage({ path, code, message }: ItemProblem): Record<string, unknown> {
  return { message_type: "error", error: { message }, during: "restore", item: path, code };
}

function summaryMessage({ counts }: RestoreResult, tookMs: number): Record<string, unknown> {
  return {
    message_type: "summary",
    seconds_elapsed: Math.floor(tookMs / secondMs),
    total_files: counts.files + counts.filesSkipped,
    files_restored: counts.files,
    files_skipped: counts.filesSkipped,
    total_bytes: counts.bytesWritten + counts.bytesUnchanged + counts.bytesSkipped,
    bytes_restored: counts.bytesWritten + counts.bytesUnchanged,
    bytes_skipped: counts.bytesSkipped,
  };
}

function summaryText({ counts, withheld, notKept }: RestoreResult, tookMs: number, quiet: boolean): string {
  const unchanged =
    counts.filesUnchanged === 0 ? "" : `, ${counts.filesUnchanged.toLocaleString("en")} of them there already`;
  const skipped = counts.filesSkipped === 0 ? "" : `; left ${count(counts.filesSkipped, "file")} as they were`;
  const done = `restored ${count(counts.files, "file")}${unchanged}, ${count(counts.directories, "folder")}, ${formatBytes(counts.bytesWritten)} written in ${formatDuration(tookMs)}${skipped}`;
  const notes = [
    ...(withheld.owners === 0
      ? []
      : [
          `Note: ${count(withheld.owners, "entry belongs", "entries belong")} to you, since only root may give files away.`,
        ]),
    ...(withheld.attributes === 0
      ? []
      : [
          `Note: ${count(withheld.attributes, "entry lacks", "entries lack")} extended attributes that you may not set.`,
        ]),
    ...(notKept === undefined ? [] : [`Warning: ${notKept}`]),
  ];
  return [...(quiet ? [] : [done]), ...notes].map((line) => `${line}\n`).join("");
}
