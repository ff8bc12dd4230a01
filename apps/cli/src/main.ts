import { systemClock, systemRandom } from "@holdfast/base";
import { readEnvironment } from "./environment.ts";
import { onInterruption } from "./interruption.ts";
import { processTerminal } from "./output/terminal.ts";
import { runCommandLine } from "./run-command-line.ts";

process.exitCode = await runCommandLine(process.argv.slice(2), {
  environment: readEnvironment(process.env),
  terminal: processTerminal(),
  clock: systemClock,
  random: systemRandom,
  signal: onInterruption(() => process.exit(130)),
});
