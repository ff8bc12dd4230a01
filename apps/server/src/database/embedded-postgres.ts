import { chmod, mkdir, realpath } from "node:fs/promises";
import path from "node:path";
import { HoldfastError, formatDuration, messageOf, systemCodeOf, type Clock, type Log } from "@holdfast/base";
import { databaseUser, ensureCluster } from "./cluster.ts";
import { lockFile } from "./directory-lock.ts";
import { databaseErrors } from "./errors.ts";
import { findPostgresBinaries } from "./postgres-binaries.ts";
import { removeStaleFiles } from "./postmaster.ts";
import { ensureServer, rotateLog, startServer, stopServer } from "./server-process.ts";
import { commandAs, serviceUser } from "./service-user.ts";
import { ensureSocketDir, removeShortSocketDir, socketPort } from "./socket-dir.ts";

export interface EmbeddedPostgres {
  /** As the `pg` driver takes it; `host` is the directory of a unix socket. */
  readonly connection: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly database: string;
  };
  /** Stops PostgreSQL after what it is doing is written; open connections are ended. */
  close(): Promise<void>;
}

/** Given on the command line of every start, so that a change here reaches old databases too. */
const settings: readonly string[] = [
  "listen_addresses=",
  "unix_socket_permissions=0700",
  "fsync=on",
  "max_connections=60",
  "shared_buffers=64MB",
  "timezone=UTC",
  "log_timezone=UTC",
  "log_checkpoints=off",
  "log_min_messages=log", // failed statements are their caller's to log: the text may hold what is private
];

/**
 * Opens the real PostgreSQL that npm installed, on data below `dir`, reachable through a private socket only. One that
 * runs there already, because its last owner was killed, is taken over. The caller is the only one until `close`.
 *
 * @param dir made when missing; holds `data`, `postgres.log` and usually `socket`
 * @returns when it answers: about a second the first time, a few hundredths later
 * @throws DATABASE_IN_USE and the other entries of errors.ts
 * @see docs/adr/0003-one-sql-dialect.md
 */
export async function openEmbeddedPostgres(options: {
  readonly dir: string;
  readonly log: Log;
  readonly clock: Clock;
}): Promise<EmbeddedPostgres> {
  let release = () => {};
  try {
    const dir = await ensureDir(options.dir);
    release = lockFile(path.join(dir, "lock"));
    return await openLocked(dir, options.clock, options.log, release);
  } catch (error) {
    release();
    if (error instanceof HoldfastError || systemCodeOf(error) === undefined) throw error;
    throw new HoldfastError(databaseErrors.dirUnusable, messageOf(error), { cause: error });
  }
}

async function openLocked(dir: string, clock: Clock, log: Log, release: () => void): Promise<EmbeddedPostgres> {
  const beganMs = clock.monotonicMs();
  const dataDir = path.join(dir, "data");
  const logFile = path.join(dir, "postgres.log");
  const binaries = await findPostgresBinaries();
  const user = await serviceUser(dataDir);
  await ensureCluster(dataDir, binaries, user);
  await rotateLog(logFile);
  const start = async () => {
    const socketDir = await ensureSocketDir(dir, user);
    await removeStaleFiles(dataDir, socketDir);
    const args = ["-D", dataDir, "-k", socketDir, "-p", `${socketPort}`, ...settings.flatMap((line) => ["-c", line])];
    const command = await commandAs(user, binaries.postgres, args, [binaries.postgres, dataDir, socketDir]);
    return startServer(command, logFile);
  };
  const { pid, socketDir, adopted } = await ensureServer(dataDir, start, clock, log);
  const took = formatDuration(clock.monotonicMs() - beganMs);
  log.info(adopted ? "took over the running database" : "started the database", { dir, pid, took });

  const close = once(async () => {
    await stopServer(pid, dataDir, clock);
    await removeShortSocketDir(socketDir, dir);
    release();
    log.info("stopped the database", { dir, pid });
  });
  return { connection: { host: socketDir, port: socketPort, user: databaseUser, database: "postgres" }, close };
}

/** `dir` itself stays ours; where PostgreSQL runs as another user, that one owns `data` and `socket` and may pass. */
async function ensureDir(dir: string): Promise<string> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  if (process.getuid!() === 0) await chmod(dir, 0o711);
  return realpath(dir);
}

function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= action());
}
