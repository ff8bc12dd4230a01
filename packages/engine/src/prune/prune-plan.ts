import type { PackId } from "../id.ts";
import type { PruneStatistics } from "./prune-statistics.ts";

/** How many unused bytes may stay: in percent of what is then stored, in bytes, or any number. */
export type UnusedLimit =
  | { readonly kind: "percent"; readonly percent: number }
  | { readonly kind: "bytes"; readonly bytes: number }
  | { readonly kind: "unlimited" };

/** What a prune may do; names and defaults are restic's. */
export interface PlanOptions {
  /** Default 5 percent. */
  readonly maxUnused?: UnusedLimit;
  /** Stop moving blobs before this many bytes of packs would be emptied; default no limit. */
  readonly maxRepackBytes?: number;
  /** Empty packs with directory listings only. */
  readonly repackCacheableOnly?: boolean;
  /** Compress what was stored without; format version 2 only. */
  readonly repackUncompressed?: boolean;
  /** Treat packs below 80 % of the size that new ones get as too small. */
  readonly repackSmall?: boolean;
  /** Treat packs below this size as too small. */
  readonly repackSmallerThanBytes?: number;
}

/** What is to be done, before anything is: plain data. */
export interface PrunePlan {
  /** Packs whose used blobs move elsewhere; then they go. */
  readonly repack: readonly PackId[];
  /** Packs without any used blob. */
  readonly remove: readonly PackId[];
  /** Packs that the index names and nobody has, with nothing in them that is used. */
  readonly missing: readonly PackId[];
  /** Stored packs that no index names. Whether they may go is only known when nobody else works. */
  readonly unindexed: readonly PackId[];
  readonly statistics: PruneStatistics;
}
