/** Formats the tree, then checks what can be checked without running it: `npm run lint`. */
import { runNode, runSteps } from "./step.ts";
import { staticChecks } from "./static-checks.ts";

await runNode(["node_modules/oxfmt/bin/oxfmt"], { captured: false });
const results = await runSteps(staticChecks);
if (results.some(({ failed }) => failed > 0)) process.exitCode = 1;
