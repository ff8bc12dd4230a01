import { processWorld } from "./process-world.ts";
import { runCommandLine } from "./run-command-line.ts";

// `npm run holdfast` has moved to the checkout; paths on the command line mean where it was called.
const { npm_lifecycle_event: npmScript, INIT_CWD: calledFrom } = process.env;
if (npmScript === "holdfast" && calledFrom !== undefined) process.chdir(calledFrom);

process.exitCode = await runCommandLine(process.argv.slice(2), processWorld(process.env));
