import { execFile } from "node:child_process";
import { readFile, rm } from "node:fs/promises";
import net from "node:net";
import path from "node:path";
import { promisify } from "node:util";
import { systemCodeOf } from "@holdfast/base";
import { socketPath } from "./socket-dir.ts";

/** What a running or dead PostgreSQL says of itself in its postmaster.pid. */
export interface Postmaster {
  readonly pid: number;
  /** Empty while it is still starting. */
  readonly socketDir: string;
  readonly ready: boolean;
}

const answerMsMax = 2000;

/** Reads postmaster.pid; undefined when there is none. @see PostgreSQL's miscadmin.h, LOCK_FILE_LINE_* */
export async function readPostmaster(dataDir: string): Promise<Postmaster | undefined> {
  try {
    const lines = (await readFile(path.join(dataDir, "postmaster.pid"), "utf8")).split("\n");
    return { pid: Number(lines[0]), socketDir: lines[4] ?? "", ready: lines[7]?.trim() === "ready" };
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/**
 * Whether `pid` is a living PostgreSQL of exactly this directory. A number alone proves nothing: after a crash it may
 * belong to a stranger, or to a zombie, whose command line is empty.
 */
export async function isPostmasterOf(pid: number, dataDir: string): Promise<boolean> {
  if (!Number.isSafeInteger(pid) || pid <= 1) return false;
  try {
    if (process.platform === "linux") {
      return (await readFile(`/proc/${pid}/cmdline`, "utf8")).split("\0").includes(dataDir);
    }
    const { stdout } = await promisify(execFile)("/bin/ps", ["-o", "command=", "-p", `${pid}`]);
    return stdout.includes(dataDir);
  } catch {
    return false; // no such process
  }
}

/**
 * Whether a PostgreSQL answers on the socket, asked by its SSLRequest, to which one byte comes back before any
 * sign-in. @see PostgreSQL "Message Formats", SSLRequest
 */
export function answers(socketDir: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(socketPath(socketDir));
    const end = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.setTimeout(answerMsMax, () => end(false));
    socket.on("error", () => end(false));
    socket.on("close", () => end(false));
    socket.on("data", (reply) => end(reply[0] === 0x4e || reply[0] === 0x53)); // "N" or "S"
    socket.write(Uint8Array.of(0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f));
  });
}

/**
 * Removes what a dead PostgreSQL left, so that a new one is not refused because of a number in a file. The caller
 * holds the directory's lock and has seen that nothing of this directory runs.
 */
export async function removeStaleFiles(dataDir: string, socketDir: string): Promise<void> {
  await rm(path.join(dataDir, "postmaster.pid"), { force: true });
  await rm(socketPath(socketDir), { force: true });
  await rm(`${socketPath(socketDir)}.lock`, { force: true });
}
