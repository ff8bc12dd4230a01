import { HoldfastError } from "@holdfast/base";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import { readTextFile } from "../text-file.ts";
import type { repositoryFlags } from "../table/repository-flags.ts";
import { passwordFromCommand } from "./password-command.ts";
import { askPassword } from "./prompt.ts";

type Wanted = "existing" | "new";

/**
 * The repository's password, from the first source that is given: a command, a file, the environment, or the person
 * at the terminal, who types a new one twice. Surrounding white space does not count, as in restic.
 * @throws CLI_NO_PASSWORD, CLI_PASSWORD_COMMAND_FAILED, CLI_UNREADABLE_FILE
 */
export async function findPassword(
  call: Call<typeof repositoryFlags>,
  wanted: Wanted,
  question = wanted === "new" ? "Password for the new repository: " : "Password: ",
): Promise<string> {
  const { flags, environment } = call;
  if (flags.insecureNoPassword) return noPassword(call);
  if (flags.passwordFile !== undefined && flags.passwordCommand !== undefined) {
    throw new HoldfastError(cliErrors.usage, "Give --password-file or --password-command, not both.");
  }
  const password = await fromSource(call, wanted, question, {
    // A flag beats every variable: whoever typed it means it.
    command: flags.passwordFile === undefined ? (flags.passwordCommand ?? environment.passwordCommand) : undefined,
    file: flags.passwordFile ?? environment.passwordFile,
    text: environment.password,
  });
  if (password === "") throw new HoldfastError(cliErrors.noPassword, "The password is empty.");
  return password;
}

/** An empty password, and nothing that says otherwise. */
function noPassword({ flags, environment }: Call<typeof repositoryFlags>): "" {
  const { password, passwordFile, passwordCommand } = environment;
  const given = [flags.passwordFile, flags.passwordCommand, password, passwordFile, passwordCommand];
  if (given.every((source) => source === undefined)) return "";
  throw new HoldfastError(
    cliErrors.usage,
    "A password is given, by a flag or variable, beside --insecure-no-password.",
  );
}

async function fromSource(
  call: Call<typeof repositoryFlags>,
  wanted: Wanted,
  question: string,
  source: { command: string | undefined; file: string | undefined; text: string | undefined },
): Promise<string> {
  if (source.command !== undefined) return passwordFromCommand(source.command, call.signal);
  if (source.file !== undefined) return (await readTextFile(source.file)).trim();
  if (source.text !== undefined) return source.text;
  const typed = await askPassword(question, call.signal);
  if (wanted === "new" && process.stdin.isTTY) {
    const again = await askPassword("Once more: ", call.signal);
    if (again !== typed) throw new HoldfastError(cliErrors.noPassword, "The two passwords differ.");
  }
  return typed;
}
