/** The server as a program of its own, for tests that kill it. Settings come from the environment. */
import { readServerConfig } from "../config.ts";
import { runServer } from "../run-server.ts";

await runServer(readServerConfig(process.env));
