import type { GatewayConfig } from "./config.ts";
import { startGateway } from "./gateway.ts";

/**
 * Runs a gateway as a program: one JSON line on standard output when it serves, then until `signal` is aborted, or
 * SIGINT or SIGTERM comes where there is none.
 *
 * @throws as `startGateway`
 */
export async function runGateway(config: GatewayConfig, signal: AbortSignal = interruption()): Promise<void> {
  const gateway = await startGateway(config);
  process.stdout.write(`${JSON.stringify({ ready: true, part: "gateway", url: gateway.url })}\n`);
  await aborted(signal);
  await gateway.close();
}

/** Once: whoever sends a second signal wants the system's own answer. */
function interruption(): AbortSignal {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const) process.once(name, () => controller.abort());
  return controller.signal;
}

function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}
