import { checkStep, type Step } from "./step.ts";

/** Everything that can be said about the tree without running it. Each counts as one test. */
export const staticChecks: readonly Step[] = [
  checkStep("format", ["node_modules/oxfmt/bin/oxfmt", "--check"]),
  checkStep("lint", ["node_modules/oxlint/bin/oxlint", "--type-aware", "--report-unused-disable-directives"]),
  checkStep(
    "types",
    ["node_modules/typescript/bin/tsc", "-p", "tsconfig.json"],
    ["node_modules/typescript/bin/tsc", "-p", "apps/console/tsconfig.json"],
  ),
  checkStep("unused files, exports and dependencies", ["node_modules/knip/bin/knip.js", "--no-progress"]),
  checkStep("generated documents", ["tools/docs.ts", "--check"]),
];
