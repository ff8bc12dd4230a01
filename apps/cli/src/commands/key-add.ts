import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { newKey } from "../new-key.ts";
import { withRepository } from "../session.ts";
import type { newKeyFlags } from "../table/key-commands.ts";

/** Adds a password. */
export async function run(call: Call<typeof newKeyFlags>): Promise<ExitCode> {
  const id = await withRepository(call, "shared", async ({ repository, signal }) =>
    repository.keys.add(await newKey(call), signal),
  );
  if (!call.flags.quiet) call.terminal.write(`saved new key with ID ${id}\n`);
  return 0;
}
