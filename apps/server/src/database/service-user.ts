import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, realpath, stat } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { HoldfastError, systemCodeOf } from "@holdfast/base";
import { databaseErrors } from "./errors.ts";

/** The user that PostgreSQL runs as. */
export interface ServiceUser {
  readonly uid: number;
  readonly gid: number;
}

/** What `spawn` and `execFile` need to start a program as somebody. */
export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly options: { readonly cwd: string; readonly env: Record<string, string>; uid?: number; gid?: number };
}

/**
 * PostgreSQL refuses uid 0, so root hands it to the owner of the existing data, and a new database to `nobody`.
 * Anybody else runs it as themselves.
 *
 * @param dataDir PostgreSQL's own directory; may not exist yet
 * @throws DATABASE_WRONG_OWNER
 */
export async function serviceUser(dataDir: string): Promise<ServiceUser> {
  const self = { uid: process.getuid!(), gid: process.getgid!() };
  const owner = await ownerOf(dataDir);
  if (self.uid === 0) {
    if (owner?.uid === 0) throw new HoldfastError(databaseErrors.wrongOwner, `${dataDir} belongs to root.`);
    return owner ?? { uid: await idOfNobody("-u"), gid: await idOfNobody("-g") };
  }
  if (owner !== undefined && owner.uid !== self.uid) {
    throw new HoldfastError(databaseErrors.wrongOwner, `${dataDir} belongs to user ${owner.uid}, not ${self.uid}.`);
  }
  return self;
}

/**
 * The command that runs `program` as `user`. Where root hands over to a user who cannot search a folder above `paths`
 * (a checkout below /root), util-linux's setpriv leaves the process the one capability to look past that. With it the
 * process still writes in its own files only; a container that withholds it gets by with the one that allows more.
 *
 * @param paths files and directories that the program must be able to reach, itself included
 * @throws DATABASE_UNREACHABLE
 */
export async function commandAs(
  user: ServiceUser,
  program: string,
  args: readonly string[],
  paths: readonly string[],
): Promise<Command> {
  const options = { cwd: "/", env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", LC_ALL: "C", TZ: "UTC" } };
  if (process.getuid!() !== 0) return { file: program, args, options };
  const closed = await firstClosedFolder(user, paths);
  if (closed === undefined) return { file: program, args, options: { ...options, ...user } };

  const capability = await searchCapability();
  if (capability === undefined) {
    throw new HoldfastError(databaseErrors.unreachable, `The user ${user.uid} cannot enter ${closed}.`);
  }
  const drop = ["--reuid", `${user.uid}`, "--regid", `${user.gid}`, "--clear-groups", "--no-new-privs"];
  // access(2), with which PostgreSQL looks for itself, ignores capabilities of other users than root without this.
  const secure = "--securebits=+no_setuid_fixup";
  const keep = [`--inh-caps=+${capability}`, `--ambient-caps=+${capability}`];
  return { file: setprivFile, args: [...drop, secure, ...keep, "--", program, ...args], options };
}

async function ownerOf(dir: string): Promise<ServiceUser | undefined> {
  try {
    const { uid, gid } = await stat(dir);
    return { uid, gid };
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

async function idOfNobody(which: "-u" | "-g"): Promise<number> {
  const { stdout } = await promisify(execFile)("id", [which, "nobody"], { env: { PATH: "/usr/bin:/bin" } });
  return Number(stdout);
}

async function firstClosedFolder(user: ServiceUser, paths: readonly string[]): Promise<string | undefined> {
  for (const start of paths) {
    for (let folder = path.dirname(await realpath(start)); ; folder = path.dirname(folder)) {
      const { mode, uid, gid } = await stat(folder);
      const searchBit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
      if ((mode & searchBit) === 0) return folder;
      if (folder === path.dirname(folder)) break;
    }
  }
  return undefined;
}

/** util-linux, where Debian and most others keep it. */
const setprivFile = "/usr/bin/setpriv";

/** The weakest capability we may pass on that opens folders; container engines often withhold the weaker one. */
async function searchCapability(): Promise<string | undefined> {
  if (process.platform !== "linux" || !existsSync(setprivFile)) return undefined;
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(await readFile("/proc/self/status", "utf8"))?.[1] ?? "0";
  const has = (bit: bigint) => ((BigInt(`0x${effective}`) >> bit) & 1n) === 1n;
  const mayPassOn = has(8n); // CAP_SETPCAP
  return mayPassOn ? (has(2n) ? "dac_read_search" : has(1n) ? "dac_override" : undefined) : undefined;
}
