import type { Random } from "@holdfast/base";
import type { PackId } from "../id.ts";

/** Which packs are read: restic's three forms of `--read-data-subset`. */
export type PackSubset =
  /** Every `parts`-th pack, counted by the first byte of its id. */
  | { readonly part: number; readonly parts: number }
  /** So many of a hundred packs, chosen by chance. */
  | { readonly percent: number }
  /** About so many bytes of packs, chosen by chance. */
  | { readonly bytes: number };

/**
 * The packs of a subset. By chance means: each pack is as likely as any other, and at least one is chosen.
 * @param packs all there are to choose from, in order
 * @param totalBytes of all of them together
 */
export function choosePacks(
  packs: readonly PackId[],
  subset: PackSubset,
  totalBytes: number,
  random: Random,
): ReadonlySet<PackId> {
  if ("part" in subset) return new Set(packs.filter((id) => isInPart(id, subset)));
  const share = "percent" in subset ? subset.percent / 100 : Math.min(1, subset.bytes / Math.max(1, totalBytes));
  const count = Math.min(packs.length, Math.max(1, Math.floor(packs.length * share)));
  const shuffled = [...packs];
  for (let chosen = 0; chosen < count; chosen += 1) {
    const other = chosen + below(random, shuffled.length - chosen);
    [shuffled[chosen], shuffled[other]] = [shuffled[other]!, shuffled[chosen]!];
  }
  return new Set(shuffled.slice(0, count));
}

function isInPart(id: PackId, { part, parts }: { part: number; parts: number }): boolean {
  return Number.parseInt(id.slice(0, 2), 16) % parts === part - 1;
}

/** A whole number from 0 up to but not including `limit`; with 48 random bits the bias is beyond notice. */
function below(random: Random, limit: number): number {
  const bytes = random.bytes(6);
  return Math.floor((Buffer.from(bytes).readUIntBE(0, 6) / 2 ** 48) * limit);
}
