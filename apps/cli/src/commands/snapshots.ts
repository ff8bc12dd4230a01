import { HoldfastError, count, formatBytes } from "@holdfast/base";
import {
  findSnapshot,
  listSnapshots,
  matchesFilter,
  serialiseSnapshot,
  shortId,
  type Repository,
  type StoredSnapshot,
} from "@holdfast/engine";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { localTime } from "../output/local-time.ts";
import { printable } from "../output/printable.ts";
import { formatTable } from "../output/table.ts";
import { withRepository } from "../session.ts";
import { snapshotFilter } from "../snapshot-filter.ts";
import type { snapshotsFlags } from "../table/repository-commands.ts";

type SnapshotsCall = Call<typeof snapshotsFlags>;

/** Lists snapshots, oldest first. */
export async function run(call: SnapshotsCall): Promise<ExitCode> {
  const latest = parseCount(call.flags.latest);
  const snapshots = await withRepository(call, "shared", async ({ repository, signal }) => {
    const chosen = await chooseSnapshots(call, repository, signal);
    return latest === undefined ? chosen : newestOfEach(chosen, latest);
  });
  if (call.flags.json) call.terminal.write(`[${snapshots.map(snapshotJson).join(",")}]\n`);
  else call.terminal.write(snapshotTable(snapshots, call.flags.compact));
  return 0;
}

async function chooseSnapshots(call: SnapshotsCall, repository: Repository, signal: AbortSignal) {
  if (call.operands.length > 0) {
    const filter = snapshotFilter(call.flags);
    return Promise.all(call.operands.map((id) => findSnapshot(repository, id, filter, signal)));
  }
  const { log } = repository.context;
  const onDamaged = (id: string, error: HoldfastError) =>
    log.warn("a snapshot file is damaged and is left out", { id, code: error.code });
  const all = await listSnapshots(repository, onDamaged, signal);
  return all.filter((snapshot) => matchesFilter(snapshot, snapshotFilter(call.flags)));
}

function parseCount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new HoldfastError(cliErrors.usage, `--latest wants a whole number above 0, not "${text}".`);
}

/** The newest `latest` of each host and set of paths; `snapshots` and the result are oldest first. */
function newestOfEach(snapshots: readonly StoredSnapshot[], latest: number): StoredSnapshot[] {
  const seen = new Map<string, number>();
  const kept = snapshots.toReversed().filter(({ hostname, paths }) => {
    const series = JSON.stringify([hostname, ...[...paths].sort()]);
    const number = (seen.get(series) ?? 0) + 1;
    seen.set(series, number);
    return number <= latest;
  });
  return kept.toReversed();
}

/** The snapshot file's own JSON with its id behind, as restic prints it. */
function snapshotJson(snapshot: StoredSnapshot): string {
  const own = Buffer.from(serialiseSnapshot(snapshot)).toString();
  return `${own.slice(0, -1)},"id":"${snapshot.id}","short_id":"${shortId(snapshot.id)}"}`;
}

function snapshotTable(snapshots: readonly StoredSnapshot[], compact: boolean): string {
  const separator = compact ? ", " : "\n";
  const rows = snapshots.map((snapshot) => [
    shortId(snapshot.id),
    localTime(snapshot.time.ns),
    printable(snapshot.hostname),
    snapshot.tags.map(printable).join(separator),
    snapshot.paths.map(printable).join(separator),
    snapshot.summary === undefined ? "" : formatBytes(snapshot.summary.totalBytesProcessed),
  ]);
  const columns = ["ID", "Time", "Host", "Tags", "Paths", "Size"].map((heading) => ({
    heading,
    alignRight: heading === "Size",
  }));
  return `${formatTable(columns, rows)}${count(snapshots.length, "snapshot")}\n`;
}
