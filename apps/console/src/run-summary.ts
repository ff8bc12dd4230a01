import { count, formatBytes, formatDuration, secondMs } from "@holdfast/base";
import type { Run } from "./api/queries.ts";

/** What came of a run, in one line; empty while nothing has. */
export function runSummary(run: Run): string {
  if (run.failure !== null) return run.failure.message;
  const { result } = run;
  if (result === null) return "";
  switch (result.kind) {
    case "assess":
      return `${count(result.assessment.files, "file")}, ${formatBytes(result.assessment.bytes)}`;
    case "prepare-vault":
      return "the vault is ready";
    case "backup": {
      const files =
        result.technology === "full"
          ? `${count(result.totalFiles, "file")} read in full`
          : `${count(result.filesNew + result.filesChanged, "file")} new or changed`;
      const unread = result.unreadCount > 0 ? `; ${result.unreadCount.toLocaleString("en")} could not be read` : "";
      return `${files}, ${formatBytes(result.storedBytes)} stored${unread}`;
    }
    case "replicate":
      return `${count(result.copied.length, "snapshot")} copied to ${result.place}, ${formatBytes(result.bytes)}`;
    case "drill":
      return result.passed
        ? `${count(result.files, "file")} restored and compared in ${formatDuration(result.rtoSeconds * secondMs)}`
        : `${count(result.differences, "difference")} from what was backed up`;
  }
}

/** How long a run has worked, or worked; undefined before it began. */
export function runDurationMs(run: Pick<Run, "startedAt" | "endedAt">, nowMs: number): number | undefined {
  if (run.startedAt === null) return undefined;
  const endMs = run.endedAt === null ? nowMs : Date.parse(run.endedAt);
  return Math.max(0, endMs - Date.parse(run.startedAt));
}
