import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import { root, runNode, type Outcome, type Step } from "./step.ts";

/** What we read of vitest's JSON report. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

/**
 * The tests of one project of vitest.config.ts; what vitest prints goes where our output goes.
 * @param filters only files whose path holds one of these; default all
 */
export function vitestStep(name: string, project: string, filters: readonly string[] = []): Step {
  return {
    name,
    run: async () => {
      const folder = mkdtempSync(path.join(os.tmpdir(), "holdfast-vitest-"));
      const reportFile = path.join(folder, "report.json");
      try {
        const vitest = ["node_modules/vitest/vitest.mjs", "run", "--project", project, "--silent=passed-only"];
        const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${reportFile}`];
        const { exitCode } = await runNode([...vitest, ...reporters, ...filters], { captured: false });
        return outcomeOf(JSON.parse(readFileSync(reportFile, "utf8")) as Report, exitCode);
      } finally {
        rmSync(folder, { recursive: true });
      }
    },
  };
}

function outcomeOf(report: Report, exitCode: number): Outcome {
  const skipped = report.testResults.flatMap(({ name, assertionResults }) =>
    assertionResults
      .filter(({ status }) => status !== "passed" && status !== "failed")
      .map(({ fullName }) => `${path.relative(root, name)}: ${fullName}`),
  );
  // A file that cannot be loaded, or an error between tests, fails the run without failing a test.
  const failed = Math.max(report.numFailedTests, exitCode === 0 ? 0 : 1);
  return { passed: report.numPassedTests, failed, skipped };
}
