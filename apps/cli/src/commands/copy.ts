import { HoldfastError, count, formatBytes } from "@holdfast/base";
import {
  copySnapshots,
  shortId,
  type CopyProgress,
  type CopyResult,
  type Repository,
  type SnapshotId,
} from "@holdfast/engine";
import { chosenSnapshots } from "../chosen-snapshots.ts";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { withFromRepository } from "../from-repository.ts";
import { printable } from "../output/printable.ts";
import { ProgressDisplay } from "../output/progress.ts";
import { progressStyle } from "../output/progress-style.ts";
import { withRepository } from "../session.ts";
import { snapshotFilter } from "../snapshot-filter.ts";
import type { copyFlags } from "../table/upkeep-commands.ts";

type CopyCall = Call<typeof copyFlags>;

/** Copies snapshots from another repository; 1 when some are damaged there and were left out. */
export async function run(call: CopyCall): Promise<ExitCode> {
  const { flags, terminal, clock } = call;
  const display = new ProgressDisplay<CopyProgress>(terminal, clock, {
    ...progressStyle(call),
    ...(flags.json ? { style: "none" as const } : {}), // restic's copy has no status messages
    describe: progressText,
    message: () => ({}),
  });
  const result = await withFromRepository(call, "shared", (source) =>
    withRepository(call, "shared", async ({ repository, signal }) => {
      const stop = AbortSignal.any([signal, source.signal]);
      const snapshotIds = await chosen(call, source.repository, stop);
      const options = { from: source.repository, to: repository, ...(snapshotIds && { snapshotIds }) };
      try {
        return await copySnapshots(options, (progress) => display.update(progress), stop);
      } finally {
        display.end();
      }
    }),
  );
  if (flags.json) terminal.write(`${JSON.stringify(summaryMessage(result))}\n`);
  else terminal.write(summaryText(result, flags.quiet, flags.verbose));
  if (result.failed.length === 0) return 0;
  for (const { id, code, message } of result.failed) {
    const text = `snapshot ${shortId(id)} was not copied: ${printable(message)}`;
    const line = flags.json
      ? JSON.stringify({ message_type: "error", code, message: text })
      : `holdfast: ${code}: ${text}`;
    terminal.writeError(`${line}\n`);
  }
  throw new HoldfastError(cliErrors.copyIncomplete, `${count(result.failed.length, "snapshot")} could not be copied.`);
}

/** Which snapshots were asked for; undefined for all. */
async function chosen(
  { operands, flags }: CopyCall,
  from: Repository,
  signal: AbortSignal,
): Promise<SnapshotId[] | undefined> {
  if (operands.length + flags.host.length + flags.tag.length + flags.path.length === 0) return undefined;
  const found = await chosenSnapshots(from, operands, snapshotFilter(flags), signal);
  return found.map(({ id }) => id);
}

function progressText({ snapshotsDone, snapshotsTotal, blobsDone, bytesDone }: CopyProgress) {
  return {
    fraction: undefined,
    text: `${snapshotsDone} of ${count(snapshotsTotal, "snapshot")}, ${count(blobsDone, "blob")}, ${formatBytes(bytesDone)}`,
  };
}

/** restic's lines: scripts look for "saved, copied from source snapshot". */
function summaryText({ copied, skipped, blobs, bytes }: CopyResult, quiet: boolean, verbosity: number): string {
  if (quiet) return "";
  return [
    ...(verbosity === 0 ? [] : skipped.map((id) => `skipping source snapshot ${shortId(id)}, was already copied`)),
    ...copied.map(({ from, to }) => `snapshot ${shortId(to)} saved, copied from source snapshot ${shortId(from)}`),
    `copied ${count(copied.length, "snapshot")}, ${count(blobs, "blob")}, ${formatBytes(bytes)}; ${count(skipped.length, "snapshot")} were there already`,
  ]
    .map((line) => `${line}\n`)
    .join("");
}

/** restic prints none; the shape follows its other summaries. */
function summaryMessage({ copied, skipped, blobs, bytes }: CopyResult): Record<string, unknown> {
  return {
    message_type: "summary",
    copied: copied.map(({ from, to }) => ({ source_snapshot_id: from, snapshot_id: to })),
    skipped,
    blobs_copied: blobs,
    bytes_copied: bytes,
  };
}
