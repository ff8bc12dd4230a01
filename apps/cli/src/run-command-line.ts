import { HoldfastError } from "@holdfast/base";
import type { Call } from "./command.ts";
import type { Environment } from "./environment.ts";
import { exitCodeOf, type ExitCode } from "./exit-codes.ts";
import { failureDetails, failureLine, failureMessage } from "./failure-line.ts";
import type { FlagTable } from "./flag.ts";
import { Answered, parseCommandLine, type Parsed } from "./program.ts";
import { commandTable } from "./table/command-table.ts";
import { version } from "./version.ts";

/** The world a command line runs in, without what was typed. */
export type World = Omit<Call<FlagTable>, "operands" | "flags">;

/** Runs one command line to its exit code. Never throws: every failure ends as one line, or one JSON message. */
export async function runCommandLine(words: readonly string[], world: World): Promise<ExitCode> {
  const { terminal, signal } = world;
  const asJson = words.includes("--json");
  try {
    const parsed = parseCommandLine(commandTable, version, words);
    if (parsed instanceof Answered) {
      terminal.write(parsed.text);
      return 0;
    }
    const { run } = await parsed.entry.load();
    return await run({ ...world, operands: parsed.operands, flags: settledFlags(parsed, world.environment) });
  } catch (thrown) {
    // Whatever broke because of the interruption is the interruption.
    const error: unknown = signal.aborted ? signal.reason : thrown;
    const exitCode = exitCodeOf(error);
    terminal.writeError(asJson ? `${JSON.stringify(failureMessage(error, exitCode))}\n` : `${failureLine(error)}\n`);
    if (!(error instanceof HoldfastError) || words.some((word) => /^(-v+|--verbose.*)$/.test(word))) {
      for (const line of failureDetails(error)) terminal.writeError(`${line}\n`);
    }
    return exitCode;
  }
}

/** The flags as given; one that was not given takes what the environment says in its place, if it has such a setting. */
function settledFlags({ entry, flags }: Parsed, environment: Environment): Parsed["flags"] {
  const settled = Object.entries(entry.flags).flatMap(([name, flag]) => {
    if (flag.kind !== "repeated" || flag.setting === undefined) return [];
    const [given, setting] = [flags[name], environment[flag.setting]];
    return Array.isArray(given) && given.length === 0 && setting !== undefined ? [[name, [setting]] as const] : [];
  });
  return { ...flags, ...Object.fromEntries(settled) };
}
