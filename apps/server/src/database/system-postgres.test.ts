import { execFile, spawn } from "node:child_process";
import { globSync } from "node:fs";
import { chown, mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { promisify } from "node:util";
import { silentLog, systemClock } from "@holdfast/base";
import { afterAll, expect, test } from "vitest";
import { startServer } from "../main.ts";
import { testConfig } from "../testing/running-server.ts";
import { apiClient } from "@holdfast/client";
import { commandAs, serviceUser } from "./service-user.ts";

/** Debian's and Ubuntu's place; the newest there is, if new enough for us. */
const programsDir = globSync("/usr/lib/postgresql/*/bin")
  .filter((folder) => Number(folder.split("/")[4]) >= 15)
  .sort()
  .at(-1);
const cleanups: (() => Promise<void>)[] = [];

afterAll(async () => {
  for (const cleanUp of cleanups.toReversed()) await cleanUp();
});

/** Starts the system's PostgreSQL on a fresh folder as somebody else's would be: with its locale and its settings. */
async function startSystemPostgres(binDir: string): Promise<string> {
  const dir = await mkdtemp(path.join(os.tmpdir(), "holdfast-system-postgres-"));
  cleanups.push(() => rm(dir, { recursive: true }));
  const dataDir = path.join(dir, "data");
  const user = await serviceUser(dataDir);
  await mkdir(dataDir, { mode: 0o700 });
  if (process.getuid!() === 0) for (const each of [dir, dataDir]) await chown(each, user.uid, user.gid);

  const run = async (program: string, ...args: string[]) =>
    commandAs(user, path.join(binDir, program), ["-D", dataDir, ...args], [binDir, dataDir]);
  const initdb = await run("initdb", "-U", "holdfast", "-A", "trust", "-E", "UTF8", "--no-sync");
  await promisify(execFile)(initdb.file, initdb.args, initdb.options);
  const postgres = await run("postgres", "-k", dir, "-c", "listen_addresses=");
  const child = spawn(postgres.file, postgres.args, { ...postgres.options, stdio: "ignore" });
  const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  cleanups.push(() => (child.kill("SIGINT"), ended));
  while (!(await readFile(path.join(dataDir, "postmaster.pid"), "utf8").catch(() => "")).includes("ready")) {
    expect(child.exitCode).toBeNull();
    await systemClock.sleep(20);
  }
  return `postgres://holdfast@localhost/postgres?${new URLSearchParams({ host: dir })}`;
}

test.skipIf(programsDir === undefined)("the control plane runs on the system's older PostgreSQL too", async () => {
  const home = await mkdtemp(path.join(os.tmpdir(), "holdfast-server-"));
  cleanups.push(() => rm(home, { recursive: true }));
  const url = await startSystemPostgres(programsDir!);
  const config = testConfig(home, url);
  for (const round of ["first", "second"]) {
    const server = await startServer(config, { log: silentLog });
    try {
      const token = (await readFile(server.installationTokenFile, "utf8")).trim();
      const api = apiClient({ baseUrl: server.url, token });
      const { items } = await api.call("listOrganisations", {});
      if (round === "second") expect(items.map(({ name }) => name)).toEqual(["Provider"]);
      else await api.call("createOrganisation", { body: { kind: "provider", name: "Provider", parentId: null } });
    } finally {
      await server.close();
    }
  }
});
