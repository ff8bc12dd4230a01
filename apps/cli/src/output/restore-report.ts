import { join } from "node:path";
import { count, formatBytes, formatDuration, secondMs } from "@holdfast/base";
import type { RestoreCounts, RestoredItem, RestoreProgress, RestoreResult } from "@holdfast/engine";
import { displayPath, type ItemProblem } from "@holdfast/engine/repository";
import { printable } from "./printable.ts";

/** What a restore says while it runs and when it is done, for people and for scripts. */

export function progressText({
  filesDone,
  totalFiles,
  bytesDone,
  totalBytes,
  errorCount,
  currentFiles,
}: RestoreProgress) {
  const errors = errorCount === 0 ? "" : `, ${count(errorCount, "error")}`;
  return {
    fraction: totalBytes === 0 ? undefined : Math.min(1, bytesDone / totalBytes),
    text: `${filesDone} of ${count(totalFiles, "file")}, ${formatBytes(bytesDone)} of ${formatBytes(totalBytes)}${errors}`,
    detail: printable(currentFiles[0] ?? ""),
  };
}

/** @see restic-format.md section 18 */
export function statusMessage(progress: RestoreProgress): Record<string, unknown> {
  const counted = {
    seconds_elapsed: Math.floor(progress.secondsElapsed),
    total_files: progress.totalFiles,
    files_restored: progress.filesDone,
    files_skipped: progress.filesSkipped,
    files_deleted: progress.deletedCount,
    total_bytes: progress.totalBytes,
    bytes_restored: progress.bytesDone,
    bytes_skipped: progress.bytesSkipped,
  };
  const fraction = progress.totalBytes > 0 ? Math.min(1, progress.bytesDone / progress.totalBytes) : 0;
  return { message_type: "status", percent_done: fraction, ...withoutZeros(counted) };
}

export function problemMessage({ path, code, message }: ItemProblem): Record<string, unknown> {
  return { message_type: "error", error: { message }, during: "restore", item: path, code };
}

/** One entry that is done; restic names what it deleted by its path in the target. */
export function itemMessage({ action, names, sizeBytes }: RestoredItem, target: string): Record<string, unknown> {
  return { message_type: "verbose_status", action, item: itemPath(action, names, target), size: sizeBytes };
}

export function itemText({ action, names, type, sizeBytes }: RestoredItem, target: string): string {
  const size = type === "file" && sizeBytes > 0 ? ` with size ${formatBytes(sizeBytes)}` : "";
  return `${action.padEnd(9)} ${printable(itemPath(action, names, target))}${size}`;
}

/** As restic counts: folders, links and devices are files too, and one that was right already is skipped. */
export function summaryMessage({ counts }: RestoreResult, tookMs: number): Record<string, unknown> {
  const restored = restoredEntries(counts);
  const counted = {
    seconds_elapsed: Math.floor(tookMs / secondMs),
    total_files: restored,
    files_restored: restored,
    files_skipped: counts.filesSkipped + counts.filesUnchanged,
    files_deleted: counts.deleted,
    total_bytes: counts.bytesWritten,
    bytes_restored: counts.bytesWritten,
    bytes_skipped: counts.bytesSkipped + counts.bytesUnchanged,
  };
  return { message_type: "summary", ...withoutZeros(counted) };
}

export function summaryText(
  { counts, withheld, notKept }: RestoreResult,
  tookMs: number,
  { quiet, dryRun }: { readonly quiet: boolean; readonly dryRun: boolean },
): string {
  const unchanged =
    counts.filesUnchanged === 0 ? "" : `, ${counts.filesUnchanged.toLocaleString("en")} of them there already`;
  const skipped = counts.filesSkipped === 0 ? "" : `; left ${count(counts.filesSkipped, "file")} as they were`;
  const deleted = counts.deleted === 0 ? "" : `; deleted ${count(counts.deleted, "entry", "entries")}`;
  const what = `${count(counts.files, "file")}${unchanged}, ${count(counts.directories, "folder")}, ${formatBytes(counts.bytesWritten)} written`;
  const done = `${dryRun ? "would have restored" : "restored"} ${what} in ${formatDuration(tookMs)}${skipped}${deleted}`;
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

function restoredEntries(counts: Readonly<RestoreCounts>): number {
  return counts.files - counts.filesUnchanged + counts.directories + counts.hardLinks + counts.others;
}

function itemPath(action: RestoredItem["action"], names: RestoredItem["names"], target: string): string {
  return action === "deleted" ? join(target, displayPath(names)) : displayPath(names);
}

function withoutZeros(counted: Readonly<Record<string, number>>): Record<string, number> {
  return Object.fromEntries(Object.entries(counted).filter(([, value]) => value !== 0));
}
