import { HoldfastError, count, formatBytes, minuteMs } from "@holdfast/base";
import type { RunResult } from "@holdfast/contract";
import { backup, type BackupProgress, type BackupResult, type ItemProblem } from "@holdfast/engine";
import { filesSource } from "@holdfast/sources";
import { agentErrors } from "../errors.ts";
import { programVersion } from "../program-version.ts";
import type { JobOf, JobOutcome, RunContext } from "../runs/run-context.ts";
import type { PartHome } from "../state/part-home.ts";
import { readVaultPassword } from "../state/vault-passwords.ts";
import { allowedPaths, type AllowedPaths, type PathRules } from "./allowed-paths.ts";
import { literalPattern } from "./literal-pattern.ts";
import { openRepository } from "./open-repository.ts";
import { repositoryUser } from "./repository-user.ts";
import { openVaultStorage } from "./vault-storage.ts";

type BackupReport = Extract<RunResult, { kind: "backup" }>;

/** Longer than a keeper holds a repository for itself in one piece of work. */
const retryLockForMs = 10 * minuteMs;
/** So many unread items are named in the result, and all of them counted; the run's log names more. */
const unreadNamedMax = 100;
const unreadNamedBytesMax = 200_000;

/** Backs up the plan's paths into the plan's vault. What could not be read makes the outcome a warning, and is named. */
export async function backUp(
  home: PartHome,
  rules: PathRules,
  job: JobOf<"backup">,
  run: RunContext,
): Promise<JobOutcome> {
  const allowed = await allowedPaths(job.spec.paths, rules);
  const password = await readVaultPassword(home, job.vaultId);
  if (password === undefined) {
    throw new HoldfastError(agentErrors.vaultUnknown, `This device has no password for the vault ${job.vaultId}.`);
  }
  const storage = await openVaultStorage(job.access, run, run.signal);
  try {
    const repository = await openRepository(home, storage, password, run);
    run.say("info", `Opened the repository at ${storage.location}.`);
    const done = await backup(
      repository,
      sourceOf(allowed, job.spec.excludes),
      {
        ...repositoryUser(),
        technology: job.technology,
        programVersion: `holdfast ${programVersion}`,
        retryLockForMs,
        onProblem: (problem) => run.say("warning", `${problem.path}: ${problem.message} (${problem.code})`),
      },
      (progress) => run.progress(progressOf(progress)),
      run.signal,
    );
    run.say("info", summaryOf(done));
    for (const path of done.changedWhileRead) run.say("warning", `${path}: was written to while it was read`);
    if (done.notKept !== undefined) run.say("warning", done.notKept);
    const outcome = done.problems.count === 0 ? "succeeded" : "warning";
    return { outcome, result: reportOf(done, job.technology), failure: null };
  } finally {
    await storage.close();
  }
}

function sourceOf(allowed: AllowedPaths, excludes: readonly string[]) {
  return filesSource({
    targets: allowed.paths,
    workingDir: "/",
    excludes,
    // Not recorded in the snapshot: it is this machine's rule and not the plan's.
    excludesUnrecorded: allowed.homes.map(literalPattern),
  });
}

/** For the run's log: what was read, against what, and what it is called now. */
function summaryOf({ snapshotId, parentId, counts }: BackupResult): string {
  const against = parentId === undefined ? "reading every byte" : `against snapshot ${parentId.slice(0, 8)}`;
  const files = `${count(counts.totalFilesProcessed, "file")}, ${formatBytes(counts.totalBytesProcessed)}`;
  return `Snapshot ${snapshotId.slice(0, 8)} is stored, ${against}: ${files}; ${formatBytes(counts.dataAddedPacked)} newly stored.`;
}

function progressOf(progress: BackupProgress) {
  const { filesDone, bytesDone, totalFiles, totalBytes, errorCount, currentFiles } = progress;
  const current = currentFiles.slice(0, 4).map((path) => path.slice(0, 4096));
  return { phase: "backup", filesDone, bytesDone, totalFiles, totalBytes, errors: errorCount, current };
}

function reportOf(done: BackupResult, technology: BackupReport["technology"]): BackupReport {
  const { counts } = done;
  return {
    kind: "backup",
    snapshotId: done.snapshotId,
    tree: done.treeId,
    parent: done.parentId ?? null,
    takenAt: new Date(done.startedAtMs).toISOString(),
    technology,
    filesNew: counts.filesNew,
    filesChanged: counts.filesChanged,
    filesUnmodified: counts.filesUnmodified,
    totalFiles: counts.totalFilesProcessed,
    totalBytes: counts.totalBytesProcessed,
    addedBytes: counts.dataAdded,
    storedBytes: counts.dataAddedPacked,
    unread: unreadOf(done.problems.first),
    unreadCount: done.problems.count,
  };
}

/** As many as fit: the report is one message, and names may be as long as a file system lets them be. */
function unreadOf(problems: readonly ItemProblem[]): BackupReport["unread"] {
  const unread: BackupReport["unread"] = [];
  let bytes = 0;
  for (const { path, message } of problems.slice(0, unreadNamedMax)) {
    const item = { path: path.slice(0, 8192), reason: message.slice(0, 500) };
    bytes += Buffer.byteLength(JSON.stringify(item));
    if (bytes > unreadNamedBytesMax) break;
    unread.push(item);
  }
  return unread;
}
