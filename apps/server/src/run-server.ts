import type { ServerConfig } from "./config.ts";
import { startServer } from "./main.ts";

/**
 * Runs the control plane as a program: one line of JSON on stdout when it serves, then until it is told to stop.
 * SIGTERM and SIGINT stop it cleanly; SIGHUP, the end of a terminal, does not.
 * @throws as startServer
 */
export async function runServer(config: ServerConfig): Promise<void> {
  const stop = Promise.withResolvers<void>();
  const onStop = () => stop.resolve();
  const ignore = () => {};
  process.on("SIGTERM", onStop).on("SIGINT", onStop).on("SIGHUP", ignore);
  try {
    const { url, agentUrl, close } = await startServer(config);
    process.stdout.write(`${JSON.stringify({ ready: true, part: "server", url, agentUrl })}\n`);
    await stop.promise;
    await close();
  } finally {
    process.off("SIGTERM", onStop).off("SIGINT", onStop).off("SIGHUP", ignore);
  }
}
