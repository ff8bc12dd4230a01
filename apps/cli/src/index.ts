export { commandGroups, type CommandEntry } from "./command.ts";
export { exitCodes, type ExitCode } from "./exit-codes.ts";
export type { Flag, FlagTable } from "./flag.ts";
export { commandTable } from "./table/command-table.ts";
export { processWorld } from "./process-world.ts";
export { runCommandLine } from "./run-command-line.ts";
