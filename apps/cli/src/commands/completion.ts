import { HoldfastError } from "@holdfast/base";
import type { Call } from "../command.ts";
import { completionScript, shells } from "../completion/completion-script.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import type { completionFlags } from "../table/program-commands.ts";

/** Prints a completion script. */
export async function run({ operands, terminal }: Call<typeof completionFlags>): Promise<ExitCode> {
  const [name, ...more] = operands;
  const shell = shells.find((each) => each === name);
  if (shell === undefined || more.length > 0)
    throw new HoldfastError(cliErrors.usage, `Give one shell of ${shells.join(", ")}.`);
  terminal.write(completionScript(shell));
  return 0;
}
