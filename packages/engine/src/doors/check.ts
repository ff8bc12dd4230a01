// Whether a repository is whole.
export { checkRepository, type CheckOptions, type CheckProgress } from "../check/check.ts";
export type { PackSubset } from "../check/pack-subset.ts";
export type { AffectedPath, CheckFinding, CheckReport } from "../check/report.ts";
