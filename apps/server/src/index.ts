export { readServerConfig, type ListenConfig, type ServerConfig, type ServerOptions } from "./config.ts";
export { databaseErrors } from "./database/errors.ts";
export { openEmbeddedPostgres, type EmbeddedPostgres } from "./database/embedded-postgres.ts";
export { serverErrors } from "./errors.ts";
export { startServer, type RunningServer } from "./main.ts";
export { runServer } from "./run-server.ts";
