import { keeperConfig, runKeeper } from "@holdfast/agent";
import type { Call } from "../command.ts";
import type { ExitCode } from "../exit-codes.ts";
import { enrolmentSettings, stopWhenStdinEnds, withSettings } from "../part-settings.ts";
import type { keeperFlags } from "../table/service-commands.ts";

/** Runs a keeper until it is told to stop. */
export async function run({ flags, environment }: Call<typeof keeperFlags>): Promise<ExitCode> {
  const settings = {
    HOLDFAST_HOME: flags.home,
    HOLDFAST_LOG_LEVEL: flags.logLevel,
    HOLDFAST_PLACES: flags.place.join(":"),
    ...(await enrolmentSettings(flags)),
  };
  stopWhenStdinEnds(flags.untilStdinEnds);
  await runKeeper(keeperConfig(withSettings(environment, settings)));
  return 0;
}
