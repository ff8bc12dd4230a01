import type { ExitCode } from "../exit-codes.ts";
import type { Terminal } from "./terminal.ts";

/**
 * Does work whose results are written as they come. When whoever reads them has read enough, as in `holdfast ls | head`,
 * the work ends, and that is no failure.
 */
export async function whileRead(
  terminal: Terminal,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<ExitCode>,
): Promise<ExitCode> {
  try {
    return await work(AbortSignal.any([signal, terminal.closed]));
  } catch (error) {
    if (!terminal.closed.aborted || signal.aborted) throw error;
    return 0;
  }
}
