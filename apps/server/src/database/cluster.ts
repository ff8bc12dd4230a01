import { execFile } from "node:child_process";
import { chown, mkdir, open, readFile, rename, rm } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { HoldfastError, systemCodeOf } from "@holdfast/base";
import { databaseErrors } from "./errors.ts";
import type { PostgresBinaries } from "./postgres-binaries.ts";
import { commandAs, type ServiceUser } from "./service-user.ts";

export const databaseUser = "holdfast";

/**
 * Makes `dataDir` a PostgreSQL database cluster unless it is one. A new one grows under another name and is renamed
 * when complete, so a start that was interrupted leaves nothing that looks like a database.
 *
 * Whoever can enter the 0700 folder of the socket is let in without a password ("trust"): that is the owner of these
 * files, who could read them anyway, and root. Peer authentication would tie the database to the name of the user who
 * first started it, and a password would have to lie beside the data under the same permissions.
 *
 * Text sorts by code point (PostgreSQL's own C.UTF-8), so an update of the system's locales never breaks an index.
 *
 * @throws DATABASE_WRONG_VERSION, DATABASE_INIT_FAILED
 */
export async function ensureCluster(dataDir: string, binaries: PostgresBinaries, user: ServiceUser): Promise<void> {
  const found = await clusterVersion(dataDir);
  if (found === binaries.majorVersion) return;
  if (found !== undefined) {
    const message = `The database in ${dataDir} is of PostgreSQL ${found}, installed is ${binaries.majorVersion}.`;
    throw new HoldfastError(databaseErrors.wrongVersion, message);
  }

  const growing = `${dataDir}.new`;
  await rm(growing, { recursive: true, force: true });
  await mkdir(growing, { mode: 0o700 });
  if (user.uid !== process.getuid!()) await chown(growing, user.uid, user.gid);
  const args = ["-D", growing, "-U", databaseUser, "-A", "trust", "-E", "UTF8", "--locale=C"];
  const locale = ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
  const command = await commandAs(user, binaries.initdb, [...args, ...locale], [binaries.initdb, growing]);
  try {
    await promisify(execFile)(command.file, command.args, command.options);
  } catch (error) {
    const reason = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : "";
    const message = `PostgreSQL could not make a database in ${dataDir}: ${reason.split("\n").at(-1)}`;
    throw new HoldfastError(databaseErrors.initFailed, message, { internal: reason, cause: error });
  }
  await rename(growing, dataDir);
  await syncFolder(path.dirname(dataDir));
}

/** The major version that wrote `dataDir`, or undefined when it is not there. */
async function clusterVersion(dataDir: string): Promise<string | undefined> {
  try {
    return (await readFile(path.join(dataDir, "PG_VERSION"), "utf8")).trim();
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder);
  await handle.sync();
  await handle.close();
}
