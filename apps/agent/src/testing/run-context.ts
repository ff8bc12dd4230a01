import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import type { RunContext } from "../runs/run-context.ts";

export interface TestRun extends RunContext {
  /** "level: text" of every line so far. */
  readonly said: readonly string[];
  /** Ends the run, as a lost lease does. */
  end(): void;
}

/** A run without a server: the real clock, and lines that are kept. */
export function testRun(): TestRun {
  const ending = new AbortController();
  const said: string[] = [];
  return {
    clock: systemClock,
    random: systemRandom,
    log: silentLog,
    runId: crypto.randomUUID(),
    signal: ending.signal,
    progress: () => {},
    say: (level, text) => void said.push(`${level}: ${text}`),
    said,
    end: () => ending.abort(new Error("the test ends the run")),
  };
}
