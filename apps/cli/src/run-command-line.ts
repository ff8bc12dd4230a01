import { HoldfastError } from "@holdfast/base";
import type { Call } from "./command.ts";
import { exitCodeOf, type ExitCode } from "./exit-codes.ts";
import { failureDetails, failureLine, failureMessage } from "./failure-line.ts";
import type { FlagTable } from "./flag.ts";
import { Answered, parseCommandLine } from "./program.ts";
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
    return await run({ ...world, operands: parsed.operands, flags: parsed.flags });
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
