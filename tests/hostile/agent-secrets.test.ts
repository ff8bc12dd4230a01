import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { silentLog, systemClock, systemRandom } from "@holdfast/base";
import type { Job } from "@holdfast/contract";
import { Repository } from "@holdfast/engine";
import { localStorage } from "@holdfast/storage";
import { expect, onTestFinished, test } from "vitest";
import { startAgentProcess } from "../agent/agent-process.ts";
import { complete, deviceInstallation, handOut, reportOf } from "../agent/device-installation.ts";
import { gatewayToken, vaultId } from "../agent/held-gateway.ts";
import { formsOf, leaksIn } from "./secret-forms.ts";

/** What every process of this machine was started with. */
async function commandLines(): Promise<string> {
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name));
  const lines = pids.map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => ""));
  return (await Promise.all(lines)).join("\n");
}

/** Private keys below a folder, as the text between the lines of their PEM files. */
async function privateKeysBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const texts = await Promise.all(files.map((file) => readFile(file, "latin1")));
  return texts
    .filter((text) => text.includes("PRIVATE KEY"))
    .map((text) => text.split("\n").filter((line) => line !== "" && !line.includes("-----"))[0]!);
}

test("an agent's backup says no secret: not in its log, its reports, nor on a command line, however it ends", async () => {
  const { root, home, server, storage, environment, prepareVault, backup, passwordFile } = await deviceInstallation();
  const source = join(root, "source");
  await mkdir(source);
  await writeFile(join(source, "a.txt"), "alpha");
  const agent = startAgentProcess("agent", environment);
  onTestFinished(() => agent.kill("SIGKILL").then(() => {}));
  const connection = await server.connection();
  await complete(connection, prepareVault);

  const pause = storage.pauseBefore("write", "snapshot");
  const wellRun = await handOut(connection, backup(source));
  await pause.reached;
  const processes = await commandLines();
  pause.resume();
  expect(await reportOf(connection, wellRun)).toMatchObject({ outcome: "succeeded" });

  const otherToken = "another-token-of-the-gateway";
  const good = backup(source);
  if (good.kind !== "backup") throw new Error("this is no backup");
  const endings: Job[] = [backup(join(root, "nowhere")), { ...good, access: { ...good.access, token: otherToken } }];
  const outcomes: string[] = [];
  for (const job of endings) {
    const finished = await reportOf(connection, await handOut(connection, job));
    outcomes.push(finished.outcome);
  }
  expect(outcomes).not.toContain("succeeded");

  const password = (await readFile(passwordFile, "utf8")).trim();
  const context = { clock: systemClock, random: systemRandom, log: silentLog };
  const repository = await Repository.open(localStorage(join(root, "repositories", vaultId)), { password }, context);
  const master = Buffer.from(repository.secretForThreads());
  const keys = await privateKeysBelow(home);
  expect(keys.length).toBeGreaterThan(0);
  const forms = [password, gatewayToken, otherToken, environment.HOLDFAST_ENROLMENT_TOKEN, ...keys].flatMap(formsOf);
  forms.push(...[master.subarray(0, 32), master.subarray(32, 48), master.subarray(48)].flatMap(formsOf));
  expect(agent.log()).toContain("backup");
  expect(leaksIn(agent.log(), forms)).toEqual([]);
  expect(leaksIn(JSON.stringify(connection.received), forms)).toEqual([]);
  expect(leaksIn(processes, forms)).toEqual([]);
  process.stderr.write(`secrets of an agent: ${endings.length + 1} backups, ${forms.length} forms looked for\n`);
});
