import { HoldfastError, count, formatBytes } from "@holdfast/base";
import {
  checkRepository,
  type CheckFinding,
  type CheckOptions,
  type CheckProgress,
  type CheckReport,
  type PackSubset,
} from "@holdfast/engine/check";
import {
  findSnapshot,
  listSnapshots,
  matchesFilter,
  shortId,
  type Repository,
  type SnapshotId,
} from "@holdfast/engine/repository";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printable } from "../output/printable.ts";
import { ProgressDisplay } from "../output/progress.ts";
import { progressStyle } from "../output/progress-style.ts";
import { withRepository, type Session } from "../session.ts";
import { parseSize } from "../size.ts";
import { snapshotFilter } from "../snapshot-filter.ts";
import type { checkFlags } from "../table/repository-commands.ts";

type CheckCall = Call<typeof checkFlags>;

/** So many affected paths of a finding are named on a terminal; with --json all that the report holds. */
const affectedShownMax = 20;

/** Looks for damage; 1 when there is any, after every finding was printed. */
export async function run(call: CheckCall): Promise<ExitCode> {
  const { flags, terminal, clock } = call;
  const options = checkOptions(call);
  const display = new ProgressDisplay<CheckProgress>(terminal, clock, {
    ...progressStyle(call),
    // restic's check has no status messages, so scripts get none.
    ...(flags.json ? { style: "none" as const } : {}),
    describe: progressText,
    message: () => ({}),
  });
  const work = async ({ repository, signal }: Session) => {
    const snapshots = await wantedSnapshots(call, repository, signal);
    const chosen = snapshots === undefined ? options : { ...options, snapshots };
    try {
      return await checkRepository(repository, chosen, (progress) => display.update(progress), signal);
    } finally {
      display.end();
    }
  };
  // What is checked is the repository, not this machine's copies of it, unless the user trusts those.
  const needs = { cache: flags.withCache ? "files" : "none", loadsIndex: true } as const;
  const report = await withRepository(call, "exclusive", work, needs);
  for (const finding of report.errors) {
    terminal.writeError(flags.json ? `${JSON.stringify(findingMessage(finding))}\n` : findingText(finding));
  }
  if (flags.json) {
    // On the error stream, where they disturb nobody who reads restic's summary.
    for (const message of report.hints) terminal.writeError(`${JSON.stringify({ message_type: "hint", message })}\n`);
    terminal.write(`${JSON.stringify(summaryMessage(report))}\n`);
  } else if (!flags.quiet) terminal.write(summaryText(report));
  if (report.errors.length === 0) return 0;
  throw new HoldfastError(cliErrors.checkFailed, `The repository has ${count(report.errors.length, "error")}.`);
}

/** Which snapshots are meant; undefined for all, and for packs that none of them needs. */
async function wantedSnapshots(
  { flags, operands }: CheckCall,
  repository: Repository,
  signal: AbortSignal,
): Promise<SnapshotId[] | undefined> {
  const filter = snapshotFilter(flags);
  if (operands.length > 0) {
    const found: SnapshotId[] = [];
    for (const operand of operands) found.push((await findSnapshot(repository, operand, filter, signal)).id);
    return found;
  }
  if (flags.host.length + flags.tag.length + flags.path.length === 0) return undefined;
  const damaged = () => {}; // the check itself tells of those
  const snapshots = await listSnapshots(repository, damaged, signal);
  return snapshots.filter((snapshot) => matchesFilter(snapshot, filter)).map(({ id }) => id);
}

/** @throws CLI_USAGE */
function checkOptions({ flags }: CheckCall): CheckOptions {
  const { readData, readDataSubset } = flags;
  if (readDataSubset === undefined) return { readData };
  if (readData) throw new HoldfastError(cliErrors.usage, "Give --read-data or --read-data-subset, not both.");
  return { readData: true, subset: parsePackSubset(readDataSubset) };
}

/** n/t, a percentage or a size. @throws CLI_USAGE */
function parsePackSubset(text: string): PackSubset {
  const group = /^(\d+)\/(\d+)$/.exec(text);
  if (group !== null) {
    const [part, parts] = [Number(group[1]), Number(group[2])];
    if (part >= 1 && part <= parts && parts <= 256) return { part, parts };
    throw new HoldfastError(cliErrors.usage, `--read-data-subset wants n/t with t up to 256, not "${text}".`);
  }
  const share = /^(\d+(?:\.\d+)?)%$/.exec(text);
  if (share === null) {
    const bytes = parseSize(text, "--read-data-subset");
    if (bytes > 0) return { bytes };
    throw new HoldfastError(cliErrors.usage, "--read-data-subset wants a size above 0.");
  }
  const percent = Number(share[1]);
  if (percent > 0 && percent <= 100) return { percent };
  throw new HoldfastError(cliErrors.usage, `--read-data-subset wants more than 0% and at most 100%, not "${text}".`);
}

const phaseTexts = { index: "reading the index", data: "reading packs", trees: "following folders" };

function progressText({ phase, done, total, bytesRead, errorCount }: CheckProgress) {
  const read = bytesRead === 0 ? "" : `, ${formatBytes(bytesRead)} read`;
  const errors = errorCount === 0 ? "" : `, ${count(errorCount, "error")}`;
  return {
    fraction: total === 0 ? undefined : Math.min(1, done / total),
    text: `${phaseTexts[phase]}: ${done.toLocaleString("en")} of ${total.toLocaleString("en")}${read}${errors}`,
  };
}

function findingText({ code, message, affected, affectedCount }: CheckFinding): string {
  const shown = affected.slice(0, affectedShownMax);
  const rest = affectedCount - shown.length;
  return [
    `holdfast: ${code}: ${printable(message)}`,
    ...shown.map(({ snapshotId, path }) => `  affects ${shortId(snapshotId)}:${path}`),
    ...(rest > 0 ? [`  and ${rest.toLocaleString("en")} more`] : []),
  ]
    .map((line) => `${line}\n`)
    .join("");
}

function findingMessage({ code, message, packId, affected, affectedCount }: CheckFinding): Record<string, unknown> {
  return {
    message_type: "error",
    message,
    code,
    ...(packId === undefined ? {} : { pack: packId }),
    affected: affected.map(({ snapshotId, path }) => ({ snapshot: snapshotId, path })),
    affected_count: affectedCount,
  };
}

/** @see restic-format.md section 16 */
function summaryMessage(report: CheckReport): Record<string, unknown> {
  return {
    message_type: "summary",
    num_errors: report.errors.length,
    broken_packs: report.brokenPacks.length === 0 ? null : report.brokenPacks,
    suggest_repair_index: report.suggestRepairIndex,
    suggest_prune: report.suggestPrune,
  };
}

function summaryText(report: CheckReport): string {
  const looked = `looked at ${count(report.snapshots, "snapshot")}, ${count(report.trees, "folder")}, ${count(report.packs, "pack")}`;
  const read =
    report.packsRead === 0
      ? ""
      : `; read every byte of ${count(report.packsRead, "pack")} (${formatBytes(report.bytesRead)})`;
  const verdict = report.errors.length === 0 ? ["no errors were found"] : [];
  return [...report.hints.map((hint) => `note: ${printable(hint)}`), `${looked}${read}`, ...verdict]
    .map((line) => `${line}\n`)
    .join("");
}
