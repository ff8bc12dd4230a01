import { readFile, readdir, unlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { runResult } from "@holdfast/contract";
import { verifyCertificate } from "@holdfast/domain";
import type { BackupResult } from "@holdfast/engine";
import { drill } from "../../apps/agent/src/jobs/drill.ts";
import { openVault } from "../../apps/agent/src/jobs/open-vault.ts";
import type { JobOf, JobOutcome } from "../../apps/agent/src/runs/run-context.ts";
import { rawPublicKey } from "../../apps/agent/src/state/key-file.ts";
import { testRun } from "../../apps/agent/src/testing/run-context.ts";
import { indexReads } from "./index-reads.ts";
import { sealedVault } from "./sealed-vault.ts";

const previousHash = "e".repeat(64);

async function situation() {
  const vault = await sealedVault();
  await vault.put("small", 1000);
  await vault.put("large", 2_000_000);
  const backedUp = await vault.backUp();
  const driller = {
    home: vault.home,
    keys: vault.keys,
    identity: {
      identityId: "018f0000-0000-7000-8000-000000000009",
      kind: "keeper",
      name: "Keeper",
      serverUrl: "https://127.0.0.1:1",
      certificatePem: "",
      caPem: "",
      expiresAt: "2030-01-01T00:00:00.000Z",
    },
  } as const;
  const jobFor = ({ snapshotId, treeId }: BackupResult): JobOf<"drill"> => ({
    kind: "drill",
    ...vault.vaultJob,
    snapshotId,
    expectedTree: treeId,
    objectives: { rpoMinutes: 60, rtoMinutes: 30 },
    previousHash,
  });
  const issuers = [rawPublicKey(vault.keys.signing).toString("base64")];
  return { ...vault, backedUp, driller, job: jobFor(backedUp), issuers };
}

test("a drill takes nothing from what its keeper remembers of the vault", async () => {
  const { driller, job, storage } = await situation();
  const browsing = await openVault(driller, job, testRun());
  await browsing.repository.loadIndex();
  await browsing.close();
  const drilling = async () => expect(await drill(driller, job, testRun())).toMatchObject({ outcome: "succeeded" });
  expect(await indexReads(storage, drilling)).toBe(1);
});

test("a drill that passes is measured, signed, kept, and leaves nothing behind", async () => {
  const { driller, job, issuers, home, backedUp, storage } = await situation();
  const { outcome, result, failure, certificate } = await drill(driller, job, testRun());
  expect([outcome, failure]).toEqual(["succeeded", null]);
  expect(runResult.parse(result)).toMatchObject({ passed: true, files: 2, bytes: 2_001_000, differences: 0 });
  expect(await verifyCertificate(certificate!, { issuers })).toEqual({ valid: true });
  const { body } = certificate!;
  expect(body).toMatchObject({
    previousHash,
    snapshot: { snapshotId: backedUp.snapshotId, takenAt: new Date(backedUp.startedAtMs).toISOString() },
    rpo: { objectiveMinutes: 60 },
    rto: { objectiveMinutes: 30 },
    notes: "",
  });
  const { open, restore, compare } = body.rto.phasesMs;
  expect(body.rto.attainedSeconds).toBe(Math.ceil((open + restore + compare) / 1000));
  expect(await readdir(home.scratchFolder)).toEqual([]);
  expect(await storage.names("lock")).toEqual([]);
  const kept = path.join(home.certificatesFolder, `${body.certificateId}.json`);
  expect(JSON.parse(await readFile(kept, "utf8"))).toEqual(certificate);
  // The same snapshot brings the same hash back, wherever and whenever.
  const again = await drill(driller, job, testRun());
  expect(again.certificate?.body.restoredRootHash).toBe(body.restoredRootHash);
});

test("a snapshot with another tree than the device reported fails the drill, with a certificate that says so", async () => {
  const { driller, job, issuers } = await situation();
  const expectedTree = "f".repeat(64);
  const { outcome, result, failure, certificate } = await drill(driller, { ...job, expectedTree }, testRun());
  expect([outcome, failure?.code]).toEqual(["failed", "AGENT_SNAPSHOT_CHANGED"]);
  expect(result).toMatchObject({ passed: false, files: 0 });
  expect(certificate?.body).toMatchObject({ result: "failed", scope: { files: 0 } });
  expect(certificate?.body.notes).toContain("AGENT_SNAPSHOT_CHANGED");
  expect(await verifyCertificate(certificate!, { issuers })).toEqual({ valid: true });
});

test("packs and indexes that are gone fail the drill and are named in its certificate", async () => {
  const { driller, job, issuers, source, storage, repository } = await situation();
  const withoutPack: JobOutcome[] = [];
  for (const pack of await storage.names("pack")) {
    const packFile = path.join(repository, "data", pack.slice(0, 2), pack);
    const bytes = await readFile(packFile);
    await unlink(packFile);
    const outcome = await drill(driller, job, testRun());
    expect(outcome).toMatchObject({ outcome: "failed", failure: { code: "AGENT_DRILL_FAILED" } });
    withoutPack.push(outcome);
    await writeFile(packFile, bytes);
  }
  // Without the pack of the listings nothing below the root can be named; without the one of the content every file is.
  const named = withoutPack.map(({ certificate }) => certificate?.body.differences.examples.join() ?? "");
  expect(named.toSorted()).toEqual([
    expect.stringMatching(/^\/ \(.*ENGINE_BLOB_MISSING/),
    expect.stringContaining(source),
  ]);

  for (const index of await storage.names("index")) {
    const file = path.join(repository, "index", index);
    const content = await readFile(file);
    content[content.length >> 1]! ^= 1;
    await unlink(file);
    await writeFile(file, content);
  }
  const withoutIndex = await drill(driller, job, testRun());
  expect(withoutIndex).toMatchObject({ outcome: "failed", result: { passed: false } });
  expect(withoutIndex.certificate?.body).toMatchObject({ result: "failed" });
  expect(withoutIndex.certificate?.body.notes).toMatch(/ENGINE_\w+/);
  for (const { certificate } of [...withoutPack, withoutIndex]) {
    expect(await verifyCertificate(certificate!, { issuers })).toEqual({ valid: true });
  }
});

test("a drill that could not be carried out proves nothing: no certificate, no scratch, no lock", async () => {
  const { driller, job, home, storage } = await situation();
  const pause = storage.pauseBefore("stream", "pack");
  const run = testRun();
  const drilling = drill(driller, job, run);
  await pause.reached;
  expect(await readdir(home.scratchFolder)).toEqual([run.runId]);
  run.end();
  pause.resume();
  await expect(drilling).rejects.toThrow("the test ends the run");
  const missing = { ...job, snapshotId: "0".repeat(64) };
  await expect(drill(driller, missing, testRun())).rejects.toMatchObject({ kind: "missing" });
  expect(await readdir(home.scratchFolder)).toEqual([]);
  expect(await readdir(home.home)).not.toContain("certificates");
  expect(await storage.names("lock")).toEqual([]);
});
