import { HoldfastError } from "@holdfast/base";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import { readTextFile } from "../text-file.ts";
import type { newKeyFlags } from "../table/key-commands.ts";
import { askPassword } from "./prompt.ts";

/**
 * The password of a key that is to be made: from a file, or from the person at the terminal, who types it twice.
 * What opens the repository now is never taken for it.
 * @throws CLI_NO_PASSWORD, CLI_UNREADABLE_FILE, CLI_USAGE
 */
export async function newPassword({ flags, signal }: Call<typeof newKeyFlags>): Promise<string> {
  const { newPasswordFile, newInsecureNoPassword } = flags;
  if (newInsecureNoPassword) {
    if (newPasswordFile === undefined) return "";
    throw new HoldfastError(cliErrors.usage, "Give --new-password-file or --new-insecure-no-password, not both.");
  }
  const password =
    newPasswordFile === undefined ? await typeTwice(signal) : (await readTextFile(newPasswordFile)).trim();
  if (password === "") throw new HoldfastError(cliErrors.noPassword, "The new password is empty.");
  return password;
}

async function typeTwice(signal: AbortSignal): Promise<string> {
  const typed = await askPassword("New password: ", signal);
  if (process.stdin.isTTY && (await askPassword("Once more: ", signal)) !== typed)
    throw new HoldfastError(cliErrors.noPassword, "The two passwords differ.");
  return typed;
}
