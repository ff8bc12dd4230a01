import { agentConfig, runAgent } from "@holdfast/agent";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { enrolmentSettings, stopWhenStdinEnds, withSettings } from "../part-settings.ts";
import type { agentFlags } from "../table/service-commands.ts";

/** Runs the agent until it is told to stop. */
export async function run({ flags, environment }: Call<typeof agentFlags>): Promise<ExitCode> {
  const settings = {
    HOLDFAST_HOME: flags.home,
    HOLDFAST_LOG_LEVEL: flags.logLevel,
    HOLDFAST_ALLOW: flags.allow.join(":"),
    ...(await enrolmentSettings(flags)),
  };
  stopWhenStdinEnds(flags.untilStdinEnds);
  await runAgent(agentConfig(withSettings(environment, settings)));
  return 0;
}
