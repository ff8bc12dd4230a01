import { formatBytes } from "@holdfast/base";
import type { PrunePlan, PruneStatistics } from "@holdfast/engine";
import { shortId } from "@holdfast/engine/repository";

/** What a plan comes to, in restic's lines; more of it with `-v`, every pack with `-vv`. */
export function pruneText(plan: PrunePlan, verbosity: number, isDryRun: boolean): string {
  const { blobs, bytes, packs } = plan.statistics;
  const line = (name: string, blobCount: number, byteCount: number) =>
    `${name.padEnd(22)} ${blobCount.toLocaleString("en")} blobs / ${formatBytes(byteCount)}`;
  const share = (part: number, whole: number) => `${(whole === 0 ? 0 : (part / whole) * 100).toFixed(2)}%`;
  const unused = bytes.unused + bytes.duplicate;
  const lines = [
    ...(isDryRun ? ["Would have made the following changes:"] : []),
    "",
    ...(verbosity === 0
      ? []
      : [
          line("used:", blobs.used, bytes.used),
          ...(blobs.duplicate === 0 ? [] : [line("duplicates:", blobs.duplicate, bytes.duplicate)]),
          line("unused:", blobs.unused, bytes.unused),
          ...(bytes.unreferenced === 0 ? [] : [`${"unreferenced:".padEnd(22)} ${formatBytes(bytes.unreferenced)}`]),
          line("total:", blobs.total, bytes.total),
          `unused size: ${share(unused, bytes.total)} of total size`,
          "",
        ]),
    line("to repack:", blobs.repack, bytes.repack),
    line("this removes:", blobs.repackRemove, bytes.repackRemove),
    line("to delete:", blobs.remove, bytes.remove + bytes.unreferenced),
    line("total prune:", blobs.removeTotal, bytes.removeTotal),
    ...(bytes.uncompressed === 0 ? [] : [`not yet compressed:    ${formatBytes(bytes.uncompressed)}`]),
    line("remaining:", blobs.remaining, bytes.remaining),
    `unused size after prune: ${formatBytes(bytes.remainingUnused)} (${share(bytes.remainingUnused, bytes.remaining)} of remaining size)`,
    "",
    ...(verbosity === 0 ? [] : packLines(packs)),
    ...(verbosity < 2 ? [] : packNames(plan)),
  ];
  return lines.map((text) => `${text}\n`).join("");
}

function packLines(packs: PruneStatistics["packs"]): string[] {
  const line = (name: string, count: number, noun = "") => `${name.padEnd(22)} ${count.toLocaleString("en")}${noun}`;
  return [
    line("totally used packs:", packs.used),
    line("partly used packs:", packs.partlyUsed),
    line("unused packs:", packs.unused),
    "",
    line("to keep:", packs.keep, " packs"),
    line("to repack:", packs.repack, " packs"),
    line("to delete:", packs.remove, " packs"),
    ...(packs.unreferenced === 0 ? [] : [line("to delete:", packs.unreferenced, " unreferenced packs")]),
    "",
  ];
}

function packNames({ repack, remove, unindexed }: PrunePlan): string[] {
  return [
    ...repack.map((id) => `repack ${shortId(id)}`),
    ...remove.map((id) => `delete ${shortId(id)}`),
    ...unindexed.map((id) => `delete ${shortId(id)}, which no index names`),
  ];
}

/** @see restic-format.md section 18 */
export function pruneMessage({ blobs, bytes, packs }: PruneStatistics): Record<string, unknown> {
  return {
    message_type: "summary",
    blobs: {
      used: blobs.used,
      duplicate: blobs.duplicate,
      unused: blobs.unused,
      total: blobs.total,
      repack: blobs.repack,
      repack_remove: blobs.repackRemove,
      remove: blobs.remove,
      remove_total: blobs.removeTotal,
      remaining: blobs.remaining,
    },
    bytes: {
      used: bytes.used,
      duplicate: bytes.duplicate,
      unused: bytes.unused,
      unreferenced: bytes.unreferenced,
      uncompressed: bytes.uncompressed,
      total: bytes.total,
      repack: bytes.repack,
      repack_remove: bytes.repackRemove,
      remove: bytes.remove,
      remove_total: bytes.removeTotal,
      remaining: bytes.remaining,
      remaining_unused: bytes.remainingUnused,
    },
    packfiles: {
      used: packs.used,
      unused: packs.unused,
      partly_used: packs.partlyUsed,
      unreferenced: packs.unreferenced,
      total: packs.total,
      keep: packs.keep,
      repack: packs.repack,
      remove: packs.remove,
      remove_total: packs.removeTotal,
    },
  };
}
