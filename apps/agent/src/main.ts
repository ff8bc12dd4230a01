import { HoldfastError, messageOf } from "@holdfast/base";
import { agentConfig, keeperConfig } from "./config.ts";
import { agentErrors } from "./errors.ts";
import { runAgent, runKeeper } from "./run-part.ts";

// usage: node main.ts agent|keeper, with the settings of config.ts in the environment
try {
  const role = process.argv[2];
  if (role === "agent") await runAgent(agentConfig());
  else if (role === "keeper") await runKeeper(keeperConfig());
  else throw new HoldfastError(agentErrors.badConfiguration, "The role is either agent or keeper.");
  process.exit(0);
} catch (error) {
  const code = error instanceof HoldfastError ? error.code : agentErrors.unexpected.code;
  process.stderr.write(`${code}: ${messageOf(error)}\n`);
  process.exit(1);
}
