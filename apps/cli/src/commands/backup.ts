import { hostname } from "node:os";
import { HoldfastError } from "@holdfast/base";
import {
  backup,
  type BackupItem,
  type BackupOptions,
  type BackupProgress,
  type SourceTotals,
} from "@holdfast/engine/backup";
import {
  findSnapshot,
  localTimestamp,
  type ItemProblem,
  type Repository,
  type Timestamp,
} from "@holdfast/engine/repository";
import * as messages from "../backup-messages.ts";
import { chooseSource } from "../backup-source.ts";
import type { Call } from "../command.ts";
import { parseDuration } from "../duration.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { parseMoment } from "../moment.ts";
import { printable } from "../output/printable.ts";
import { ProgressDisplay } from "../output/progress.ts";
import { progressStyle } from "../output/progress-style.ts";
import { groupingOf } from "../retention-options.ts";
import { wholeNumber } from "../session-options.ts";
import { ourselves, withRepository } from "../session.ts";
import type { backupFlags } from "../table/repository-commands.ts";
import { version } from "../version.ts";

type BackupCall = Call<typeof backupFlags>;

/** Saves files and folders as a new snapshot; 3 when something in them could not be read or kept. */
export async function run(call: BackupCall): Promise<ExitCode> {
  const { flags, terminal, clock } = call;
  const time = timeOf(call);
  const { source, stop } = await chooseSource(call, time, clock);
  const display = new ProgressDisplay<BackupProgress>(terminal, clock, {
    ...progressStyle(call),
    describe: messages.progressText,
    message: messages.statusMessage,
  });
  // The engine's backup takes the lock itself, so that it can hold it for exactly as long as it must.
  const work = async ({ repository, signal }: { repository: Repository; signal: AbortSignal }) => {
    const options = { ...(await backupOptions(call, repository)), ...(flags.time !== undefined && { time }) };
    try {
      const told = { ...options, ...toldBy(call, display) };
      return await backup(repository, source, told, (progress) => display.update(progress), signal);
    } finally {
      display.end();
    }
  };
  try {
    const result = await withRepository(call, "none", work, { isDryRun: flags.dryRun });
    if (flags.json) terminal.write(`${JSON.stringify(messages.summaryMessage(result, flags.dryRun))}\n`);
    else terminal.write(messages.summaryText(result, flags.quiet, flags.dryRun));
    return result.isComplete ? 0 : 3;
  } finally {
    await stop();
  }
}

/** What is said while it goes on: problems always, each entry with -v as JSON and with -vv as text. */
function toldBy(
  { flags, terminal }: BackupCall,
  display: ProgressDisplay<BackupProgress>,
): Pick<BackupOptions, "onProblem" | "onItem" | "onMeasured"> {
  const write = (message: Record<string, unknown>) => terminal.write(`${JSON.stringify(message)}\n`);
  const onProblem = (problem: ItemProblem) => {
    if (flags.json) terminal.writeError(`${JSON.stringify(messages.problemMessage(problem))}\n`);
    else display.say(`holdfast: ${problem.code}: ${printable(problem.path)}: ${printable(problem.message)}`);
  };
  if (flags.json && flags.verbose > 0) {
    return {
      onProblem,
      onItem: (item: BackupItem) => write(messages.itemMessage(item)),
      onMeasured: (totals: SourceTotals, durationMs: number) => write(messages.measuredMessage(totals, durationMs)),
    };
  }
  if (flags.json || flags.verbose < 2) return { onProblem };
  const onItem = (item: BackupItem) => {
    display.end();
    terminal.write(`${messages.itemText(item)}\n`);
  };
  return { onProblem, onItem };
}

async function backupOptions(call: BackupCall, repository: Repository): Promise<BackupOptions> {
  const { flags, environment, signal } = call;
  const parent = flags.parent === undefined ? undefined : await findSnapshot(repository, flags.parent, {}, signal);
  const grouping = groupingOf(flags.groupBy);
  const readConcurrency = wholeNumber(flags.readConcurrency ?? environment.readConcurrency, "--read-concurrency");
  if (readConcurrency === 0) throw new HoldfastError(cliErrors.usage, "--read-concurrency wants at least 1.");
  return {
    ...ourselves(),
    technology: flags.force ? "full" : "incremental",
    hostname: flags.host ?? environment.host ?? hostname(),
    tags: flags.tag.flatMap((list) => list.split(",")).filter((tag) => tag !== ""),
    programVersion: `holdfast ${version}`,
    retryLockForMs: parseDuration(flags.retryLock ?? "0", "--retry-lock"),
    groupBy: {
      host: grouping.includes("host"),
      paths: grouping.includes("paths"),
      tags: grouping.includes("tags"),
    },
    ignoredChanges: { ctime: flags.ignoreCtime, inode: flags.ignoreInode },
    skipIfUnchanged: flags.skipIfUnchanged,
    isMeasured: !flags.noScan && !flags.quiet, // nobody sees how far it is
    ...(readConcurrency !== undefined && { readConcurrency }),
    ...(parent !== undefined && { parentId: parent.id }),
  };
}

/** What the snapshot says of its time. @throws CLI_USAGE */
function timeOf({ flags, clock }: BackupCall): Timestamp {
  if (flags.time !== undefined) return localTimestamp(parseMoment(flags.time, "--time"));
  return localTimestamp(BigInt(Math.trunc(clock.nowMs())) * 1_000_000n);
}
