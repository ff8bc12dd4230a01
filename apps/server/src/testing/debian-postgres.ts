import { execFile, spawn } from "node:child_process";
import { globSync } from "node:fs";
import { chown } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { systemClock } from "@holdfast/base";
import { temporaryDirectory } from "@holdfast/testkit";
import { onTestFinished } from "vitest";

/** Debian's and Ubuntu's place; the newest there is, if new enough for us. */
const programsDir = globSync("/usr/lib/postgresql/*/bin")
  .filter((folder) => Number(folder.split("/")[4]) >= 15)
  .sort()
  .at(-1);
const startMsMax = 20_000;

/** Whether there is one; tests that need it cannot run without. */
export const hasDebianPostgres = programsDir !== undefined;

/**
 * A PostgreSQL of the distribution, as a provider with a database of their own has one: an ordinary owner of the
 * database, who is no superuser.
 */
export async function debianPostgres(): Promise<string> {
  const bin = programsDir!;
  const dir = await temporaryDirectory();
  const user = process.getuid!() === 0 ? await nobody() : undefined;
  if (user !== undefined) await chown(dir, user.uid, user.gid);
  const data = path.join(dir, "data");
  await promisify(execFile)(path.join(bin, "initdb"), ["-D", data, "-U", "admin", "-A", "trust"], {
    ...user,
    cwd: "/",
  });
  const args = ["-D", data, "-k", dir, "-c", "listen_addresses=", "-c", "fsync=off"];
  const child = spawn(path.join(bin, "postgres"), args, { ...user, cwd: "/", stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  onTestFinished(async () => {
    child.kill("SIGQUIT");
    await ended;
  });
  const psql = (database: string, statement: string) =>
    promisify(execFile)(path.join(bin, "psql"), ["-h", dir, "-U", "admin", "-d", database, "-qc", statement]);
  for (let waitedMs = 0; ; waitedMs += 100) {
    const failure = await psql("postgres", "create role provider login").then(
      () => undefined,
      (error: unknown) => error,
    );
    if (failure === undefined) break;
    if (waitedMs > startMsMax) throw failure;
    await systemClock.sleep(100);
  }
  await psql("postgres", "create database holdfast owner provider");
  return `postgres://provider@localhost/holdfast?host=${encodeURIComponent(dir)}`;
}

async function nobody(): Promise<{ uid: number; gid: number }> {
  const id = async (which: string) => Number((await promisify(execFile)("id", [which, "nobody"])).stdout);
  return { uid: await id("-u"), gid: await id("-g") };
}
