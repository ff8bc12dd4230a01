import { HoldfastError } from "@holdfast/base";
import { groupSnapshots, type GroupKey } from "@holdfast/domain";
import type { StoredSnapshot } from "@holdfast/engine";
import type { Call } from "../command.ts";
import { chosenSnapshots } from "../chosen-snapshots.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { groupingOf } from "../retention-options.ts";
import { withRepository } from "../session.ts";
import { snapshotFilter } from "../snapshot-filter.ts";
import { groupHeading, snapshotJson, snapshotTable } from "../snapshot-text.ts";
import type { snapshotsFlags } from "../table/repository-commands.ts";

/** Lists snapshots, oldest first, in groups when asked. */
export async function run(call: Call<typeof snapshotsFlags>): Promise<ExitCode> {
  const { operands, flags, terminal } = call;
  const latest = parseCount(flags.latest);
  const grouping = groupingOf(flags.groupBy ?? "");
  const chosen = await withRepository(call, "shared", ({ repository, signal }) =>
    chosenSnapshots(repository, operands, snapshotFilter(flags), signal),
  );
  const groups = groupSnapshots(chosen, grouping).map(({ key, snapshots }) => ({
    key,
    snapshots: latest === undefined ? snapshots : newestOfEach(snapshots, latest),
  }));
  const isGrouped = grouping.length > 0;
  const all = groups.flatMap(({ snapshots }) => snapshots);
  if (flags.json) terminal.write(`[${(isGrouped ? groups.map(groupJson) : all.map(snapshotJson)).join(",")}]\n`);
  else if (!isGrouped) terminal.write(snapshotTable(all, flags.compact));
  else
    for (const { key, snapshots } of groups)
      terminal.write(`${groupHeading(key)}${snapshotTable(snapshots, flags.compact)}\n`);
  return 0;
}

function parseCount(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,8}$/.test(text)) return Number(text);
  throw new HoldfastError(cliErrors.usage, `--latest wants a whole number above 0, not "${text}".`);
}

/** The newest `latest` of each host and set of paths; `snapshots` and the result are oldest first. */
function newestOfEach(snapshots: readonly StoredSnapshot[], latest: number): StoredSnapshot[] {
  const newest = groupSnapshots(snapshots, ["host", "paths"]).flatMap((series) => series.snapshots.slice(-latest));
  const chosen = new Set(newest);
  return snapshots.filter((snapshot) => chosen.has(snapshot));
}

function groupJson({ key, snapshots }: { key: GroupKey; snapshots: readonly StoredSnapshot[] }): string {
  const { hostname = "", paths = [], tags = [] } = key;
  const orNull = (items: readonly string[]) => (items.length === 0 ? null : items);
  const groupKey = JSON.stringify({ hostname, paths: orNull(paths), tags: orNull(tags) });
  return `{"group_key":${groupKey},"snapshots":[${snapshots.map(snapshotJson).join(",")}]}`;
}
