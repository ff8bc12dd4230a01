import { createHash } from "node:crypto";
import { chmod, chown, lstat, mkdir, rmdir } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { HoldfastError, systemCodeOf } from "@holdfast/base";
import { databaseErrors } from "./errors.ts";
import type { ServiceUser } from "./service-user.ts";

/** Only a part of the socket's file name, since PostgreSQL listens on no network. */
export const socketPort = 5432;

/** What the kernel leaves for a socket's path, without the final zero. @see unix(7); 104 on macOS */
const socketPathBytesMax = process.platform === "linux" ? 107 : 103;

export function socketPath(socketDir: string): string {
  return path.join(socketDir, `.s.PGSQL.${socketPort}`);
}

/**
 * Makes the folder of the socket, which only `user` and root can enter: `dir`/socket, or, when that path is too long
 * for a socket, a folder in the system's temporary directory whose name follows from `dir`.
 *
 * @throws DATABASE_UNSAFE_SOCKET_DIR when somebody else has made that folder first
 */
export async function ensureSocketDir(dir: string, user: ServiceUser): Promise<string> {
  const beside = path.join(dir, "socket");
  const fits = Buffer.byteLength(socketPath(beside)) <= socketPathBytesMax;
  const name = `holdfast-${createHash("sha256").update(dir).digest("hex").slice(0, 16)}`;
  const socketDir = fits ? beside : path.join(os.tmpdir(), name);
  try {
    await mkdir(socketDir, { mode: 0o700 });
  } catch (error) {
    if (systemCodeOf(error) !== "EEXIST") throw error;
  }
  const found = await lstat(socketDir);
  const ours = found.uid === user.uid || found.uid === process.getuid!();
  if (!found.isDirectory() || !ours) {
    throw new HoldfastError(databaseErrors.unsafeSocketDir, `${socketDir} is not a folder of ours.`);
  }
  if ((found.mode & 0o777) !== 0o700) await chmod(socketDir, 0o700);
  if (found.uid !== user.uid) await chown(socketDir, user.uid, user.gid);
  return socketDir;
}

/** Takes the folder away from the temporary directory once nothing listens there; one beside the data stays. */
export async function removeShortSocketDir(socketDir: string, dir: string): Promise<void> {
  if (path.dirname(socketDir) !== dir) await rmdir(socketDir).catch(() => {});
}
