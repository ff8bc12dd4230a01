import { HoldfastError } from "@holdfast/base";
import { readServerConfig, runServer } from "@holdfast/server";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { stopWhenStdinEnds, withSettings } from "../part-settings.ts";
import type { serverFlags } from "../table/service-commands.ts";

/** Runs the control plane until it is told to stop. */
export async function run({ flags, environment }: Call<typeof serverFlags>): Promise<ExitCode> {
  const config = readServerConfig(withSettings(environment, { HOLDFAST_LOG_LEVEL: flags.logLevel }), {
    home: flags.home,
    consolePort: parsePort(flags.consolePort, "--console-port"),
    agentPort: parsePort(flags.agentPort, "--agent-port"),
    gatewayUrl: flags.gatewayUrl,
  });
  stopWhenStdinEnds(flags.untilStdinEnds);
  await runServer(config);
  return 0;
}

function parsePort(text: string | undefined, flag: string): number | undefined {
  if (text === undefined) return undefined;
  if (/^\d{1,5}$/.test(text) && Number(text) <= 65_535) return Number(text);
  throw new HoldfastError(cliErrors.usage, `${flag} wants a port from 0 to 65535, not "${text}".`);
}
