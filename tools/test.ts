/**
 * `npm test`: sets up what the tests need, builds, checks and tests, and ends with one line that counts everything.
 * With CI=true nothing may be missing and nothing skipped.
 */
import { formatDuration, messageOf } from "@holdfast/base";
import { buildWhatChanged } from "./build.ts";
import { runSteps, type Step, type StepResult } from "./step.ts";
import { ensureTestPrograms } from "./test-programs.ts";
import { staticChecks } from "./static-checks.ts";
import { fetchNewestRestic, newestResticPath } from "./newest-restic.ts";
import { vitestStep } from "./vitest-step.ts";

const isStrict = process.env.CI === "true";

/** Setting up proves nothing about Holdfast, so it counts only when it fails. Returns what is missing. */
function preparation(name: string, prepare: () => Promise<readonly string[]>): Step {
  const run = async () => {
    const missing = await prepare();
    if (missing.length > 0) console.log(`Missing on this machine:\n  ${missing.join("\n  ")}`);
    return { passed: 0, failed: isStrict ? missing.length : 0, skipped: [] };
  };
  return { name, run };
}

const results = await runSteps([
  preparation("programs for the tests", async () => [...ensureTestPrograms(console.log), ...ensureNewestRestic()]),
  preparation("build", async () => {
    await buildWhatChanged(console.log);
    return [];
  }),
  ...staticChecks,
  vitestStep("unit tests", "unit"),
  vitestStep("system tests", "system"),
  vitestStep("browser tests", "browser"),
]);

const sum = (of: (result: StepResult) => number) => results.reduce((total, result) => total + of(result), 0);
const skippedTests = results.flatMap(({ skipped }) => skipped);
console.log(`\n${table(results)}\n`);
if (skippedTests.length > 0)
  console.log(`Skipped${isStrict ? ", which CI=true does not allow" : ""}:\n  ${skippedTests.join("\n  ")}\n`);
if (sum(({ failed }) => failed) > 0 || (isStrict && skippedTests.length > 0)) process.exitCode = 1;
console.log(
  `${sum(({ passed }) => passed)} passed, ${sum(({ failed }) => failed)} failed, ${skippedTests.length} skipped`,
);

function ensureNewestRestic(): string[] {
  try {
    if (newestResticPath() === undefined) fetchNewestRestic();
    return [];
  } catch (error) {
    return [`the newest restic: ${messageOf(error)}`];
  }
}

function table(rows: readonly StepResult[]): string {
  const width = Math.max(...rows.map(({ name }) => name.length));
  const line = (name: string, cells: readonly (string | number)[]) =>
    name.padEnd(width) + cells.map((cell) => `${cell}`.padStart(12)).join("");
  return [
    line("", ["passed", "failed", "skipped", "time"]),
    ...rows.map((row) => line(row.name, [row.passed, row.failed, row.skipped.length, formatDuration(row.tookMs)])),
  ].join("\n");
}
