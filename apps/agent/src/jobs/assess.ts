import { secondMs } from "@holdfast/base";
import { assess } from "@holdfast/sources";
import { succeeded } from "../runs/outcome.ts";
import type { JobOf, JobOutcome, RunContext } from "../runs/run-context.ts";
import { allowedPaths, type PathRules } from "./allowed-paths.ts";
import { literalPattern } from "./literal-pattern.ts";

/** Enough for a steady figure, short enough that a person waits for it. */
const sampleBudgetMs = 5 * secondMs;
/** @see packages/contract/src/plans.ts */
const compressionRatioMax = 2;

/** Measures what a backup of these paths would take, and how a sample of it cuts and compresses. */
export async function assessPaths(rules: PathRules, job: JobOf<"assess">, run: RunContext): Promise<JobOutcome> {
  const allowed = await allowedPaths(job.paths, rules);
  const excludesUnrecorded = allowed.homes.map(literalPattern);
  const found = await assess(
    { targets: allowed.paths, workingDir: "/", excludesUnrecorded, sampleBudgetMs },
    run,
    ({ files, bytes }) => run.progress({ phase: "assess", filesDone: files, bytesDone: bytes, errors: 0, current: [] }),
    run.signal,
  );
  // What encryption adds outweighs a file of some bytes many times over; for a plan that is no more than "grows".
  const compressionRatio = Math.min(found.sample.compressionRatio, compressionRatioMax);
  // Under the names that were asked for, by which the server knows them again.
  const assessment = { ...found, paths: [...job.paths], sample: { ...found.sample, compressionRatio } };
  return succeeded({ kind: "assess", assessment });
}
