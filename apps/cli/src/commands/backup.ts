import { hostname } from "node:os";
import { count, formatBytes, formatDuration, secondMs } from "@holdfast/base";
import {
  backup,
  findSnapshot,
  shortId,
  type BackupOptions,
  type BackupProgress,
  type BackupResult,
  type ItemProblem,
  type Repository,
} from "@holdfast/engine";
import { filesSource } from "@holdfast/sources";
import { backupTargets } from "../backup-targets.ts";
import type { Call } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { excludeOptions } from "../exclude-options.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printable } from "../output/printable.ts";
import { ProgressDisplay } from "../output/progress.ts";
import { progressStyle } from "../output/progress-style.ts";
import { ourselves, withRepository } from "../session.ts";
import type { backupFlags } from "../table/repository-commands.ts";
import { version } from "../version.ts";

type BackupCall = Call<typeof backupFlags>;

/** Saves files and folders as a new snapshot; 3 when something in them could not be read or kept. */
export async function run(call: BackupCall): Promise<ExitCode> {
  const { flags, terminal, clock } = call;
  const targets = await backupTargets(call.operands, flags);
  const source = filesSource({
    targets,
    workingDir: process.cwd(),
    ...(await excludeOptions(flags, call.environment)),
  });
  const display = new ProgressDisplay<BackupProgress>(terminal, clock, {
    ...progressStyle(call),
    describe: progressText,
    message: statusMessage,
  });
  // The engine's backup takes the lock itself, so that it can hold it for exactly as long as it must.
  const result = await withRepository(call, "none", async ({ repository, signal }) => {
    const options = await backupOptions(call, repository, (problem) => {
      if (flags.json) terminal.writeError(`${JSON.stringify(problemMessage(problem))}\n`);
      else display.say(`holdfast: ${problem.code}: ${printable(problem.path)}: ${printable(problem.message)}`);
    });
    try {
      return await backup(repository, source, options, (progress) => display.update(progress), signal);
    } finally {
      display.end();
    }
  });
  if (flags.json) terminal.write(`${JSON.stringify(summaryMessage(result))}\n`);
  else terminal.write(summaryText(result, flags.quiet));
  return result.isComplete ? 0 : 3;
}

async function backupOptions(
  { flags, environment, signal }: BackupCall,
  repository: Repository,
  onProblem: (problem: ItemProblem) => void,
): Promise<BackupOptions> {
  const parent = flags.parent === undefined ? undefined : await findSnapshot(repository, flags.parent, {}, signal);
  return {
    ...ourselves(),
    technology: flags.force ? "full" : "incremental",
    hostname: flags.host ?? environment.host ?? hostname(),
    tags: flags.tag.flatMap((list) => list.split(",")).filter((tag) => tag !== ""),
    programVersion: `holdfast ${version}`,
    retryLockForMs: parseDuration(flags.retryLock ?? "0", "--retry-lock"),
    onProblem,
    ...(parent === undefined ? {} : { parentId: parent.id }),
  };
}

function progressText(progress: BackupProgress) {
  const { totalBytes, bytesDone, totalFiles, filesDone, errorCount, currentFiles } = progress;
  const isTotalKnown = totalBytes > 0 && totalBytes >= bytesDone;
  const files = isTotalKnown ? `${filesDone} of ${count(totalFiles, "file")}` : count(filesDone, "file");
  const bytes = isTotalKnown ? `${formatBytes(bytesDone)} of ${formatBytes(totalBytes)}` : formatBytes(bytesDone);
  return {
    fraction: isTotalKnown ? bytesDone / totalBytes : undefined,
    text: `${files}, ${bytes}${errorCount > 0 ? `, ${count(errorCount, "error")}` : ""}`,
    detail: printable(currentFiles[0] ?? ""),
  };
}

/** @see restic-format.md section 18; zero values are left out, percent_done never */
function statusMessage(progress: BackupProgress): Record<string, unknown> {
  const { totalBytes, bytesDone, secondsElapsed } = progress;
  const fraction = totalBytes > 0 ? Math.min(1, bytesDone / totalBytes) : 0;
  const left = bytesDone > 0 && totalBytes > bytesDone ? (secondsElapsed * (totalBytes - bytesDone)) / bytesDone : 0;
  const counted = {
    seconds_elapsed: Math.floor(secondsElapsed),
    seconds_remaining: Math.ceil(left),
    total_files: progress.totalFiles,
    files_done: progress.filesDone,
    total_bytes: totalBytes,
    bytes_done: bytesDone,
    error_count: progress.errorCount,
  };
  const present = Object.entries(counted).filter(([, value]) => value !== 0);
  return {
    message_type: "status",
    percent_done: fraction,
    ...Object.fromEntries(present),
    ...(progress.currentFiles.length === 0 ? {} : { current_files: progress.currentFiles }),
  };
}

function problemMessage({ path, code, message }: ItemProblem): Record<string, unknown> {
  return { message_type: "error", error: { message }, during: "archival", item: path, code };
}

function summaryMessage({ counts, snapshotId, startedAtMs, endedAtMs }: BackupResult): Record<string, unknown> {
  return {
    message_type: "summary",
    files_new: counts.filesNew,
    files_changed: counts.filesChanged,
    files_unmodified: counts.filesUnmodified,
    dirs_new: counts.dirsNew,
    dirs_changed: counts.dirsChanged,
    dirs_unmodified: counts.dirsUnmodified,
    data_blobs: counts.dataBlobs,
    tree_blobs: counts.treeBlobs,
    data_added: counts.dataAdded,
    data_added_packed: counts.dataAddedPacked,
    total_files_processed: counts.totalFilesProcessed,
    total_bytes_processed: counts.totalBytesProcessed,
    total_duration: (endedAtMs - startedAtMs) / secondMs,
    backup_start: new Date(startedAtMs).toISOString(),
    backup_end: new Date(endedAtMs).toISOString(),
    snapshot_id: snapshotId,
  };
}

/** restic's lines: scripts look for "snapshot 4bba301e saved". */
function summaryText(result: BackupResult, quiet: boolean): string {
  const { counts, problems, changedWhileRead, notKept } = result;
  const trouble = [
    ...(problems.count === 0
      ? []
      : [`Warning: ${count(problems.count, "entry", "entries")} could not be read; see above.`]),
    ...(notKept === undefined ? [] : [`Warning: ${notKept}`]),
    ...changedWhileRead.map((path) => `Note: ${printable(path)} was written to while it was read.`),
  ];
  const number = (value: number) => value.toLocaleString("en").padStart(7);
  const numbers = [
    "",
    `Files:  ${number(counts.filesNew)} new, ${number(counts.filesChanged)} changed, ${number(counts.filesUnmodified)} unmodified`,
    `Dirs:   ${number(counts.dirsNew)} new, ${number(counts.dirsChanged)} changed, ${number(counts.dirsUnmodified)} unmodified`,
    `Added to the repository: ${formatBytes(counts.dataAdded)} (${formatBytes(counts.dataAddedPacked)} stored)`,
    "",
    `processed ${count(counts.totalFilesProcessed, "file")}, ${formatBytes(counts.totalBytesProcessed)} in ${formatDuration(result.endedAtMs - result.startedAtMs)}`,
    `snapshot ${shortId(result.snapshotId)} saved`,
  ];
  return [...(quiet ? [] : numbers), ...trouble].map((line) => `${line}\n`).join("");
}
