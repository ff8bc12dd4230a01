import { HoldfastError, count, formatBytes } from "@holdfast/base";
import {
  checkRepository,
  shortId,
  type CheckFinding,
  type CheckOptions,
  type CheckProgress,
  type CheckReport,
} from "@holdfast/engine";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printable } from "../output/printable.ts";
import { ProgressDisplay } from "../output/progress.ts";
import { progressStyle } from "../output/progress-style.ts";
import { withRepository, type Session } from "../session.ts";
import type { checkFlags } from "../table/repository-commands.ts";

/** So many affected paths of a finding are named on a terminal; with --json all that the report holds. */
const affectedShownMax = 20;

/** Looks for damage; 1 when there is any, after every finding was printed. */
export async function run(call: Call<typeof checkFlags>): Promise<ExitCode> {
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
    try {
      return await checkRepository(repository, options, (progress) => display.update(progress), signal);
    } finally {
      display.end();
    }
  };
  // What is checked is the repository, not this machine's copies of it.
  const report = await withRepository(call, "exclusive", work, { cache: "none" });
  for (const finding of report.errors) {
    terminal.writeError(flags.json ? `${JSON.stringify(findingMessage(finding))}\n` : findingText(finding));
  }
  if (flags.json) terminal.write(`${JSON.stringify(summaryMessage(report))}\n`);
  else if (!flags.quiet) terminal.write(summaryText(report));
  if (report.errors.length === 0) return 0;
  throw new HoldfastError(cliErrors.checkFailed, `The repository has ${count(report.errors.length, "error")}.`);
}

function checkOptions({ flags }: Call<typeof checkFlags>): CheckOptions {
  const { readData, readDataSubset } = flags;
  if (readDataSubset === undefined) return { readData };
  if (readData) throw new HoldfastError(cliErrors.usage, "Give --read-data or --read-data-subset, not both.");
  const [, part = "0", parts = "0"] = /^(\d{1,3})\/(\d{1,3})$/.exec(readDataSubset) ?? [];
  const subset = { part: Number(part), parts: Number(parts) };
  if (subset.part >= 1 && subset.part <= subset.parts && subset.parts <= 256) return { readData: true, subset };
  throw new HoldfastError(cliErrors.usage, `--read-data-subset wants n/t with t up to 256, not "${readDataSubset}".`);
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
