// The way back into a folder, and what is compared with it.
export {
  compareRestored,
  differenceKinds,
  type Comparison,
  type ComparisonProgress,
  type Difference,
  type DifferenceKind,
} from "../restore/compare.ts";
export { readFile } from "../restore/read-file.ts";
export { restore, type RestoreOptions, type RestoreResult } from "../restore/restore.ts";
export type { RestoreCounts, RestoreProgress } from "../restore/restore-tally.ts";
export type { RestoredItem } from "../restore/restored-item.ts";
export type { OverwriteMode } from "../restore/target-parts.ts";
