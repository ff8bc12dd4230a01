// What is done to snapshots as time goes by: kept or forgotten, renamed, and what none of them needs removed.
export { forgetSnapshots, type ForgetResult } from "../forget/forget-snapshots.ts";
export { tagSnapshots, type TagChange } from "../tag/tag-snapshots.ts";
export { lookAheadOfPrune, prune, type PruneOptions, type PruneProgress, type PruneResult } from "../prune/prune.ts";
export type { PrunePlan, UnusedLimit } from "../prune/prune-plan.ts";
export type { PruneStatistics } from "../prune/prune-statistics.ts";
