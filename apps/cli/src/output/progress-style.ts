import type { Call } from "../command.ts";
import type { outputFlags } from "../table/repository-flags.ts";
import type { ProgressStyle } from "./progress.ts";

/** How this call wants to see progress: JSON for scripts, a bar for people, plain lines for logs. */
export function progressStyle({ flags, terminal, environment }: Call<typeof outputFlags>): {
  readonly style: ProgressStyle;
  readonly perSecond: number | undefined;
} {
  const style = flags.quiet ? "none" : flags.json ? "json" : terminal.isInteractive ? "bar" : "lines";
  return { style, perSecond: environment.progressPerSecond };
}
