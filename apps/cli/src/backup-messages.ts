import { count, formatBytes, formatDuration, secondMs } from "@holdfast/base";
import type { BackupItem, BackupProgress, BackupResult, SourceTotals } from "@holdfast/engine";
import { shortId, type ItemProblem } from "@holdfast/engine/repository";
import { printable } from "./output/printable.ts";

/** @see restic-format.md section 18; zero values are left out, percent_done never */
export function statusMessage(progress: BackupProgress): Record<string, unknown> {
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

export function problemMessage({ path, code, message }: ItemProblem): Record<string, unknown> {
  return { message_type: "error", error: { message }, during: "archival", item: path, code };
}

/** As restic: all keys always, and no numbers for what did not change. */
export function itemMessage({ path, isDirectory, action, durationMs, added }: BackupItem): Record<string, unknown> {
  const isSilent = action === "unchanged";
  return {
    message_type: "verbose_status",
    action,
    item: path,
    duration: isSilent ? 0 : durationMs / secondMs,
    data_size: isDirectory || isSilent ? 0 : added.plainBytes,
    data_size_in_repo: isDirectory || isSilent ? 0 : added.storedBytes,
    metadata_size: isDirectory && !isSilent ? added.plainBytes : 0,
    metadata_size_in_repo: isDirectory && !isSilent ? added.storedBytes : 0,
    total_files: 0,
  };
}

export function measuredMessage({ files, bytes }: SourceTotals, durationMs: number): Record<string, unknown> {
  return {
    message_type: "verbose_status",
    action: "scan_finished",
    item: "",
    duration: durationMs / secondMs,
    data_size: bytes,
    data_size_in_repo: 0,
    metadata_size: 0,
    metadata_size_in_repo: 0,
    total_files: files,
  };
}

export function summaryMessage(result: BackupResult, isDryRun: boolean): Record<string, unknown> {
  const { counts, snapshotId, startedAtMs, endedAtMs, isSkipped } = result;
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
    ...(isSkipped ? {} : { snapshot_id: snapshotId }),
    ...(isDryRun ? { dry_run: true } : {}),
  };
}

export function progressText(progress: BackupProgress) {
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

/** "new       /home/a, saved in 0.003s (3 B added, 85 B stored)" */
export function itemText({ path, action, durationMs, added }: BackupItem): string {
  const what = `${action.padEnd(10)}${printable(path)}`;
  if (action === "unchanged") return what;
  const { plainBytes, storedBytes } = added;
  const bytes = `${formatBytes(plainBytes)} added, ${formatBytes(storedBytes)} stored`;
  return `${what}, saved in ${(durationMs / secondMs).toFixed(3)}s (${bytes})`;
}

/** restic's lines: scripts look for "snapshot 4bba301e saved". */
export function summaryText(result: BackupResult, isQuiet: boolean, isDryRun: boolean): string {
  const { counts, problems, changedWhileRead, notKept, isSkipped } = result;
  const trouble = [
    ...(problems.count === 0
      ? []
      : [`Warning: ${count(problems.count, "entry", "entries")} could not be read; see above.`]),
    ...(notKept === undefined ? [] : [`Warning: ${notKept}`]),
    ...changedWhileRead.map((path) => `Note: ${printable(path)} was written to while it was read.`),
  ];
  const number = (value: number) => value.toLocaleString("en").padStart(7);
  const saved = isSkipped ? ["skipped creating snapshot"] : [`snapshot ${shortId(result.snapshotId)} saved`];
  const numbers = [
    "",
    `Files:  ${number(counts.filesNew)} new, ${number(counts.filesChanged)} changed, ${number(counts.filesUnmodified)} unmodified`,
    `Dirs:   ${number(counts.dirsNew)} new, ${number(counts.dirsChanged)} changed, ${number(counts.dirsUnmodified)} unmodified`,
    `${isDryRun ? "Would add" : "Added"} to the repository: ${formatBytes(counts.dataAdded)} (${formatBytes(counts.dataAddedPacked)} stored)`,
    "",
    `processed ${count(counts.totalFilesProcessed, "file")}, ${formatBytes(counts.totalBytesProcessed)} in ${formatDuration(result.endedAtMs - result.startedAtMs)}`,
    ...(isDryRun ? [] : saved),
  ];
  return [...(isQuiet ? [] : numbers), ...trouble].map((line) => `${line}\n`).join("");
}
