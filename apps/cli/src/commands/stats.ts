import type { HoldfastError } from "@holdfast/base";
import { countStats, displayPath, type Names, type Stats, type StatsMode } from "@holdfast/engine";
import type { Call } from "../command.ts";
import { chosenSnapshots } from "../chosen-snapshots.ts";
import type { ExitCode } from "../exit-codes.ts";
import { printable } from "../output/printable.ts";
import { sizeText } from "../output/size-text.ts";
import { withRepository, type Session } from "../session.ts";
import { snapshotFilter } from "../snapshot-filter.ts";
import type { statsFlags } from "../table/reading-commands.ts";

/** Counts what snapshots hold; 1 when a part could not be counted because it is damaged. */
export async function run(call: Call<typeof statsFlags>): Promise<ExitCode> {
  const { operands, flags, terminal } = call;
  const mode = flags.mode ?? "restore-size";
  const work = async ({ repository, signal }: Session) => {
    const snapshots = await chosenSnapshots(repository, operands, snapshotFilter(flags), signal);
    await repository.loadIndex(signal);
    if (!flags.json) terminal.write("scanning...\n");
    let exitCode: ExitCode = 0;
    const onFault = (names: Names, error: HoldfastError) => {
      exitCode = 1;
      terminal.writeError(`holdfast: ${error.code}: ${displayPath(names)}: ${printable(error.message)}\n`);
    };
    const roots = snapshots.map(({ tree }) => tree);
    const stats = await countStats(repository, roots, mode, { onFault }, signal);
    terminal.write(flags.json ? statsMessage(stats, snapshots.length) : statsText(stats, mode, snapshots.length));
    return exitCode;
  };
  return withRepository(call, "shared", work, { loadsIndex: true });
}

/** restic's document: what is 0 is left out, but for the size and the number of snapshots. */
function statsMessage({ totalBytes, files, blobs, compression }: Stats, snapshots: number): string {
  const counted = {
    total_uncompressed_size: compression?.uncompressedBytes,
    compression_ratio: compression?.ratio,
    compression_progress: compression?.progressPercent,
    compression_space_saving: compression?.spaceSavingPercent,
    total_file_count: files,
    total_blob_count: blobs,
  };
  const present = Object.fromEntries(Object.entries(counted).filter(([, value]) => value !== undefined && value !== 0));
  return `${JSON.stringify({ total_size: totalBytes, ...present, snapshots_count: snapshots })}\n`;
}

function statsText({ totalBytes, files, blobs, compression }: Stats, mode: StatsMode, snapshots: number): string {
  const { uncompressedBytes = 0, ratio = 0, progressPercent = 0, spaceSavingPercent = 0 } = compression ?? {};
  const line = (title: string, isShown: boolean, value: string) =>
    isShown ? `${title.padStart(24)}:  ${value}\n` : "";
  return [
    `Stats in ${mode} mode:\n`,
    line("Snapshots processed", true, String(snapshots)),
    line("Total Blob Count", blobs > 0, String(blobs)),
    line("Total File Count", files > 0, String(files)),
    line("Total Uncompressed Size", uncompressedBytes > 0, sizeText(uncompressedBytes)),
    line("Total Size", true, sizeText(totalBytes)),
    line("Compression Progress", progressPercent > 0, `${progressPercent.toFixed(2)}%`),
    line("Compression Ratio", ratio > 0, `${ratio.toFixed(2)}x`),
    line("Compression Space Saving", spaceSavingPercent > 0, `${spaceSavingPercent.toFixed(2)}%`),
  ].join("");
}
