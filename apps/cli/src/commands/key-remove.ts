import { HoldfastError } from "@holdfast/base";
import { findFile } from "@holdfast/engine/repository";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { withRepository } from "../session.ts";
import type { keyRemoveFlags } from "../table/key-commands.ts";

/** Removes a password, but never the one in use. */
export async function run(call: Call<typeof keyRemoveFlags>): Promise<ExitCode> {
  const [text, ...more] = call.operands;
  if (text === undefined || more.length > 0) throw new HoldfastError(cliErrors.usage, "Give the id of one key.");
  const id = await withRepository(call, "exclusive", async ({ repository, signal }) => {
    const found = await findFile(repository, "key", text, signal);
    await repository.keys.remove(found, signal);
    return found;
  });
  if (!call.flags.quiet) call.terminal.write(`removed key ${id}\n`);
  return 0;
}
