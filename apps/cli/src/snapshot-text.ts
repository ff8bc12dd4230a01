import { count, formatBytes } from "@holdfast/base";
import type { GroupKey } from "@holdfast/domain";
import { serialiseSnapshot, shortId, type StoredSnapshot } from "@holdfast/engine/repository";
import { localTime } from "./output/local-time.ts";
import { printable } from "./output/printable.ts";
import { formatTable } from "./output/table.ts";

/** A snapshot's own JSON with its id behind, as restic prints it. */
export function snapshotJson(snapshot: StoredSnapshot): string {
  const own = Buffer.from(serialiseSnapshot(snapshot)).toString();
  return `${own.slice(0, -1)},"id":"${snapshot.id}","short_id":"${shortId(snapshot.id)}"}`;
}

/** A table of snapshots, one a row, with how many they are; compact without paths and reasons. */
export function snapshotTable(
  snapshots: readonly StoredSnapshot[],
  isCompact: boolean,
  reasons?: ReadonlyMap<string, readonly string[]>,
): string {
  const hasReasons = reasons !== undefined && !isCompact;
  const columns = [
    "ID",
    "Time",
    "Host",
    "Tags",
    ...(hasReasons ? ["Reasons"] : []),
    ...(isCompact ? [] : ["Paths"]),
    "Size",
  ];
  const rows = snapshots.map((snapshot) => [
    shortId(snapshot.id),
    localTime(snapshot.time.ns),
    printable(snapshot.hostname),
    snapshot.tags.map(printable).join(isCompact ? "\n" : ","),
    ...(hasReasons ? [(reasons.get(snapshot.id) ?? []).map(printable).join("\n")] : []),
    ...(isCompact ? [] : [snapshot.paths.map(printable).join("\n")]),
    snapshot.summary === undefined ? "" : formatBytes(snapshot.summary.totalBytesProcessed),
  ]);
  const described = columns.map((heading) => ({ heading, alignRight: heading === "Size" }));
  return `${formatTable(described, rows)}${count(snapshots.length, "snapshot")}\n`;
}

/** "snapshots for (host [alpha], paths [/home, /etc]):"; nothing where all are one group. */
export function groupHeading({ hostname, tags, paths }: GroupKey): string {
  const parts = [
    hostname === undefined ? [] : [`host [${hostname}]`],
    tags === undefined || tags.length === 0 ? [] : [`tags [${tags.join(", ")}]`],
    paths === undefined ? [] : [`paths [${paths.join(", ")}]`],
  ].flat();
  return parts.length === 0 ? "" : `snapshots for (${parts.map(printable).join(", ")}):\n`;
}
