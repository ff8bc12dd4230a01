import { once } from "node:events";
import { HoldfastError, systemClock, systemRandom } from "@holdfast/base";
import { startAgent } from "./agent.ts";
import type { AgentConfig, KeeperConfig } from "./config.ts";
import { agentErrors } from "./errors.ts";
import { startKeeper } from "./keeper.ts";
import { standardErrorLog } from "./log.ts";
import type { PartContext, RunningPart } from "./part.ts";
import type { Role } from "./state/part-home.ts";

/**
 * Runs the agent as this process until SIGTERM or SIGINT. Standard output gets one line of JSON once the server has
 * welcomed it: `{"ready":true,"part":"agent","identityId":"…"}`.
 * @throws as `startAgent`
 */
export function runAgent(config: AgentConfig): Promise<void> {
  return runUntilToldToStop("agent", config, (context, signal) => startAgent(config, context, signal));
}

/** As `runAgent`, for a keeper. */
export function runKeeper(config: KeeperConfig): Promise<void> {
  return runUntilToldToStop("keeper", config, (context, signal) => startKeeper(config, context, signal));
}

async function runUntilToldToStop(
  role: Role,
  config: AgentConfig | KeeperConfig,
  start: (context: PartContext, signal: AbortSignal) => Promise<RunningPart>,
): Promise<void> {
  const log = standardErrorLog(config.logLevel, { part: role });
  const stopping = new AbortController();
  const toldToStop = Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]).then(() => {
    stopping.abort(new HoldfastError(agentErrors.stopped, "Told to stop before it had started."));
  });
  // A terminal that closes is no reason to leave a device without its backups.
  process.on("SIGHUP", () => log.info("The terminal is gone; going on."));
  // Nor is a reader of the ready line that has gone away.
  process.stdout.on("error", () => {});

  const part = await start({ clock: systemClock, random: systemRandom, log }, stopping.signal);
  part.ready.then(
    () => process.stdout.write(`${JSON.stringify({ ready: true, part: role, identityId: part.identityId })}\n`),
    () => {}, // stopped before it was ever ready
  );
  await toldToStop;
  log.info("Stopping.");
  await part.stop();
}
