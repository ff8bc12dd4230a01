import { mkdir, open, readdir, rm, stat, utimes, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { dayMs } from "@holdfast/base";
import { replicate } from "../../apps/agent/src/jobs/replicate.ts";
import { testRun } from "../../apps/agent/src/testing/run-context.ts";
import { startAgentProcess } from "./agent-process.ts";
import { complete, deviceInstallation } from "./device-installation.ts";
import { indexReads } from "./index-reads.ts";
import { sealedVault } from "./sealed-vault.ts";

/** Flips the middle byte of every file below a folder, but of what says its layout. @returns how many there were */
async function damageAll(folder: string): Promise<number> {
  let files = 0;
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || entry.name === "version") continue;
    const file = await open(path.join(entry.parentPath, entry.name), "r+");
    const middle = (await file.stat()).size >> 1;
    const byte = Buffer.alloc(1);
    await file.read(byte, 0, 1, middle);
    byte[0]! ^= 1;
    await file.write(byte, 0, 1, middle);
    await file.close();
    files += 1;
  }
  return files;
}

test("an agent asks for no index file again that it has read or written, and does well without what it kept", async () => {
  const { root, home, server, storage, environment, prepareVault, backup, restic } = await deviceInstallation();
  const source = path.join(root, "source");
  await mkdir(source);
  const agent = startAgentProcess("agent", environment);
  onTestFinished(() => agent.kill("SIGKILL").then(() => {}));
  const connection = await server.connection();
  const cache = path.join(home, "agent", "cache");
  let rounds = 0;
  const backUp = async () => {
    rounds += 1;
    await writeFile(path.join(source, `file ${rounds}`), `content ${rounds}`);
    return indexReads(storage, () => complete(connection, backup(source)));
  };

  await complete(connection, prepareVault);
  expect(await backUp()).toBe(0); // there was none
  expect((await stat(cache)).mode & 0o777).toBe(0o700);
  expect(await backUp()).toBe(0);
  expect(await storage.names("index")).toHaveLength(2);

  expect(await damageAll(cache)).toBeGreaterThan(4);
  expect(await backUp()).toBe(2);
  expect(await backUp()).toBe(0);
  await rm(cache, { recursive: true });
  await writeFile(cache, "somebody else's");
  expect(await backUp()).toBe(4);
  await restic("check", "--read-data");
  expect(JSON.parse((await restic("snapshots", "--json")).stdout)).toHaveLength(rounds);
  expect(await agent.kill("SIGTERM")).toEqual({ code: 0, signal: null });
});

test("a keeper that copies asks for no index file twice, and lets go of what it did not use for a month", async () => {
  const { root, home, keeper, storage, put, backUp, vaultJob } = await sealedVault();
  const place = path.join(root, "offsite");
  const old = path.join(home.cacheFolder, "a".repeat(64));
  for (const folder of [place, old]) await mkdir(folder, { recursive: true });
  await utimes(old, new Date(), new Date(Date.now() - 31 * dayMs));
  await put("first", 100_000);
  await backUp();
  const copyAway = () =>
    replicate(keeper, { offsite: place }, { kind: "replicate", ...vaultJob, place: "offsite" }, testRun());

  expect(await indexReads(storage, copyAway)).toBe(1);
  expect(await indexReads(storage, copyAway)).toBe(0);
  expect(await readdir(home.cacheFolder)).not.toContain(path.basename(old));
  await put("second", 100_000);
  await backUp();
  expect(await indexReads(storage, copyAway)).toBe(1);
});
