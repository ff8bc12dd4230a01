import type { Clock, Random } from "@holdfast/base";
import type { Environment } from "./environment.ts";
import type { ExitCode } from "./exit-codes.ts";
import type { FlagTable, FlagValues } from "./flag.ts";
import type { Terminal } from "./output/terminal.ts";

/** One use of a command: what was typed, and the world it may touch. */
export interface Call<Flags extends FlagTable> {
  /** What is not a flag, in order, as typed. */
  readonly operands: readonly string[];
  readonly flags: FlagValues<Flags>;
  readonly environment: Environment;
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly random: Random;
  /** Aborted with CLI_INTERRUPTED by Ctrl-C and SIGTERM: let go of what is held, then leave. */
  readonly signal: AbortSignal;
}

/** What a command's file exports: it is imported only when the command is used, which keeps the start quick. */
export interface CommandModule<Flags extends FlagTable> {
  run(call: Call<Flags>): Promise<ExitCode>;
}

export const commandGroups = ["Repository", "Service", "Parts", "Evidence", "Program"] as const;

/** One command as data. The help, the parser and docs/cli.md all come from it. */
export interface CommandEntry {
  /** "backup", or "agent enrol" for one below another. */
  readonly name: string;
  readonly group: (typeof commandGroups)[number];
  /** One line, no full stop. */
  readonly summary: string;
  /** What it does and what to know, in a few short sentences. */
  readonly about: string;
  /** What follows the name, in the notation of manuals: "[path...]". */
  readonly operands?: string;
  readonly flags: FlagTable;
  readonly examples: readonly { readonly line: string; readonly does: string }[];
  /** The codes it ends with besides 0, 1 and 130, which all share. */
  readonly exitCodes?: readonly ExitCode[];
  load(): Promise<CommandModule<FlagTable>>;
}

/** An entry whose file is checked against its flags. */
export function command<Flags extends FlagTable>(
  entry: Omit<CommandEntry, "flags" | "load"> & {
    readonly flags: Flags;
    readonly load: () => Promise<CommandModule<Flags>>;
  },
): CommandEntry {
  return entry;
}
