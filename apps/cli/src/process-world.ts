import { systemClock, systemRandom } from "@holdfast/base";
import { readEnvironment } from "./environment.ts";
import { onInterruption } from "./interruption.ts";
import { processTerminal } from "./output/terminal.ts";
import type { World } from "./run-command-line.ts";

/** The world of this process: its streams, its signals, real time and chance. Made once. */
export function processWorld(variables: Readonly<Record<string, string | undefined>>): World {
  return {
    environment: readEnvironment(variables),
    terminal: processTerminal(),
    clock: systemClock,
    random: systemRandom,
    signal: onInterruption(systemClock, () => process.exit(130)),
  };
}
