import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { firstAdministrator } from "../administrator.ts";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { consoleUrl, installationClient } from "../installation.ts";
import type { signInLinkFlags } from "../table/service-commands.ts";

/** Prints a one-time link for the console of the installation on this machine. */
export async function run({ flags, environment, terminal, signal }: Call<typeof signInLinkFlags>): Promise<ExitCode> {
  const home = resolve(flags.home ?? environment.home ?? join(homedir(), ".holdfast"));
  const api = await installationClient(home, await consoleUrl(home));
  const body = { email: flags.email ?? firstAdministrator };
  const link = await api.call("createSignInLink", { body }, signal);
  if (flags.json) terminal.write(`${JSON.stringify({ message_type: "sign_in_link", ...link })}\n`);
  else terminal.write(`${link.url}\n`);
  return 0;
}
