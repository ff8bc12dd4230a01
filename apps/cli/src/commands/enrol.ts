import { agentConfig, enrolAgent } from "@holdfast/agent";
import { HoldfastError } from "@holdfast/base";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { enrolmentSettings, withSettings } from "../part-settings.ts";
import type { enrolFlags } from "../table/service-commands.ts";

/** Makes this machine known to an installation, once. */
export async function run(call: Call<typeof enrolFlags>): Promise<ExitCode> {
  const { flags, environment, terminal, signal } = call;
  const settings = { HOLDFAST_HOME: flags.home, ...(await enrolmentSettings(flags)) };
  const { home, enrolment } = agentConfig(withSettings(environment, settings));
  if (enrolment === undefined) {
    throw new HoldfastError(cliErrors.usage, "Give the enrolment token with --token-file or --token-stdin.");
  }
  const identity = await enrolAgent({ ...enrolment, home, kind: "device" }, signal);
  if (flags.json) {
    const message = { message_type: "enrolled", identity_id: identity.identityId, server: identity.serverUrl };
    terminal.write(`${JSON.stringify(message)}\n`);
  } else {
    terminal.write(`This machine is enrolled as "${identity.name}" at ${identity.serverUrl}.\n`);
    terminal.write("Start `holdfast agent` to let it work.\n");
  }
  return 0;
}
