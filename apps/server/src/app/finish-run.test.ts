import type { CertificateBody } from "@holdfast/domain";
import { seededRandom } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { installationCaller } from "../authz/caller.ts";
import { enrolPart, greet, smallHouse } from "../testing/parties.ts";
import {
  backupReport,
  boundPlan,
  drillReport,
  hashOf,
  protectedDevice,
  readyVault,
  report,
  take,
} from "../testing/protected-device.ts";
import { testServices } from "../testing/services.ts";
import { listCertificates, listSnapshots } from "./catalogue.ts";
import { getDevice } from "./devices.ts";
import { createRun, getRun } from "./runs.ts";

const page = { limit: 10 };

async function backedUp(words = "b1") {
  const services = await testServices();
  const house = await smallHouse(services);
  const { vaultId } = await readyVault(services, house.device);
  const plan = await boundPlan(services, house.device, vaultId);
  const { identityId: deviceId } = house.device;
  const { planId } = plan;
  const ask = (kind: "backup" | "replicate" | "drill") =>
    createRun(
      services,
      installationCaller,
      deviceId,
      kind === "backup" ? { kind, planId, technology: "full" } : { kind, planId },
    );
  const backup = await ask("backup");
  const { leaseId } = await take(services, house.device, backup.runId, "backup");
  const takenAt = new Date(services.clock.nowMs()).toISOString();
  services.clock.advanceMs(90_000);
  await report(services, house.device, backup.runId, leaseId, backupReport(words, "full", takenAt));
  return { services, ...house, vaultId, planId, deviceId, ask, takenAt, backup };
}

test("a good backup is in the catalogue once, and protects from when it was handed out", async () => {
  const { services, deviceId, takenAt } = await backedUp();
  const { items } = await listSnapshots(services, installationCaller, deviceId, page);
  expect(items).toMatchObject([{ snapshotId: hashOf("b1"), takenAt, complete: true, copiedTo: [], drilledAt: null }]);
  const device = await getDevice(services, installationCaller, deviceId);
  expect(device.protection).toMatchObject({ state: "protected", newestGoodAt: takenAt, ageSeconds: 90 });
});

test("a device cannot make an old backup look new: its own clock and old snapshots count for nothing", async () => {
  const { services, device, deviceId, ask } = await backedUp();
  const again = await ask("backup");
  const { leaseId } = await take(services, device, again.runId, "backup");
  const said = backupReport("b1", "full", "2099-01-01T00:00:00.000Z");
  await report(services, device, again.runId, leaseId, said);
  expect(await getRun(services, installationCaller, again.runId)).toMatchObject({
    state: "failed",
    failure: { code: "RUN_BAD_REPORT" },
  });
  expect((await listSnapshots(services, installationCaller, deviceId, page)).items).toHaveLength(1);
});

test("copies are recorded for snapshots that the catalogue knows, also when only a later run names them", async () => {
  const { services, keeper, deviceId, ask } = await backedUp();
  const copy = await ask("replicate");
  const { leaseId, job } = await take(services, keeper, copy.runId, "replicate");
  await report(services, keeper, copy.runId, leaseId, {
    outcome: "succeeded",
    failure: null,
    result: {
      kind: "replicate",
      place: job.place,
      copied: [{ from: hashOf("unheard of"), to: hashOf("x") }],
      present: [{ from: hashOf("b1"), to: hashOf("copy of b1") }],
      alreadyThere: 1,
      blobs: 0,
      bytes: 0,
    },
  });
  const { items } = await listSnapshots(services, installationCaller, deviceId, page);
  expect(items).toMatchObject([{ copiedTo: ["offsite"] }]);
  const { vault } = await getDevice(services, installationCaller, deviceId);
  expect(vault?.copies).toMatchObject([{ place: "offsite", snapshots: 1 }]);
});

test("only the device and the keeper of a vault get a token, each with its own rights, and only its hash is kept", async () => {
  const { services, device, keeper, ask, vaultId } = await backedUp();
  const backup = await take(services, device, (await ask("backup")).runId, "backup");
  const drill = await take(services, keeper, (await ask("drill")).runId, "drill");
  const stored = await services.store.read({ kind: "installation" }, (db) =>
    db.selectFrom("gatewayTokens").selectAll().where("revokedAt", "is", null).execute(),
  );
  expect(stored.map(({ tokenSha256, appendOnly, identityId }) => ({ tokenSha256, appendOnly, identityId }))).toEqual(
    expect.arrayContaining([
      { tokenSha256: hashOf(backup.job.access.token), appendOnly: true, identityId: device.identityId },
      { tokenSha256: hashOf(drill.job.access.token), appendOnly: false, identityId: keeper.identityId },
    ]),
  );
  expect(backup.job.access.url).toBe(`rest:https://127.0.0.1:8602/${vaultId}/`);
  expect(JSON.stringify(stored)).not.toContain(backup.job.access.token);
});

test("a token ends with its run", async () => {
  const { services } = await backedUp();
  const open = await services.store.read({ kind: "installation" }, (db) =>
    db.selectFrom("gatewayTokens").selectAll().where("revokedAt", "is", null).execute(),
  );
  expect(open).toEqual([]);
});

describe("a drill's certificate", () => {
  async function drilling() {
    const house = await backedUp();
    const { services, keeper, ask } = house;
    const { runId } = await ask("drill");
    const { leaseId, job } = await take(services, keeper, runId, "drill");
    const certificates = async () =>
      (await listCertificates(services, installationCaller, house.deviceId)).items.map((each) => each.body);
    return { ...house, runId, leaseId, job, certificates };
  }

  test("is stored as it was signed when it is what was asked for, and the next one names it", async () => {
    const { services, keeper, runId, leaseId, job, takenAt, certificates, ask, deviceId } = await drilling();
    expect(job).toMatchObject({ snapshotId: hashOf("b1"), expectedTree: hashOf("tree of b1"), previousHash: "" });
    const said = drillReport(services, keeper, job, takenAt);
    await report(services, keeper, runId, leaseId, said);
    expect(await certificates()).toEqual([said.certificate!.body]);
    const device = await getDevice(services, installationCaller, deviceId);
    expect(device.lastDrill).toMatchObject({ passed: true, certificateId: said.certificate!.body.certificateId });

    const next = await take(services, keeper, (await ask("drill")).runId, "drill");
    expect(next.job.previousHash).toMatch(/^[0-9a-f]{64}$/);
  });

  test("of a drill that failed is stored as well, and the run has failed", async () => {
    const { services, keeper, runId, leaseId, job, takenAt, certificates } = await drilling();
    const differences = { count: 1, examples: ["/srv/data/a"] };
    const said = drillReport(services, keeper, job, takenAt, (body) => ({ ...body, result: "failed", differences }));
    await report(services, keeper, runId, leaseId, said);
    expect(await certificates()).toMatchObject([{ result: "failed", differences }]);
    expect(await getRun(services, installationCaller, runId)).toMatchObject({
      state: "failed",
      result: { kind: "drill", passed: false },
      failure: { code: "DRILL_FAILED" },
    });
  });

  const alterations: Record<string, (body: CertificateBody) => CertificateBody> = {
    "another keeper": (body) => ({ ...body, issuer: { ...body.issuer, keeperId: crypto.randomUUID() } }),
    "another key": (body) => ({
      ...body,
      issuer: { ...body.issuer, publicKey: Buffer.from(seededRandom(1).bytes(32)).toString("base64") },
    }),
    "another client": (body) => ({ ...body, client: { ...body.client, organisationId: crypto.randomUUID() } }),
    "another device": (body) => ({ ...body, device: { ...body.device, deviceId: crypto.randomUUID() } }),
    "another vault": (body) => ({ ...body, vault: { ...body.vault, vaultId: crypto.randomUUID() } }),
    "another repository": (body) => ({ ...body, vault: { ...body.vault, repositoryId: hashOf("elsewhere") } }),
    "another snapshot": (body) => ({ ...body, snapshot: { ...body.snapshot, snapshotId: hashOf("b0") } }),
    "another tree, and passed": (body) => ({ ...body, snapshot: { ...body.snapshot, tree: hashOf("t") } }),
    "another time": (body) => ({ ...body, snapshot: { ...body.snapshot, takenAt: "2020-01-01T00:00:00Z" } }),
    "another RPO": (body) => ({ ...body, rpo: { ...body.rpo, objectiveMinutes: 1 } }),
    "another RTO": (body) => ({ ...body, rto: { ...body.rto, objectiveMinutes: 1 } }),
    "another chain": (body) => ({ ...body, previousHash: hashOf("forged") }),
    "differences, and passed": (body) => ({ ...body, differences: { count: 2, examples: [] } }),
  };
  test("about anything but what was asked for is not stored, and the drill has failed", async () => {
    const { services, keeper, runId, leaseId, job, takenAt, certificates, ask } = await drilling();
    let held = { runId, leaseId, job };
    for (const [what, alter] of Object.entries(alterations)) {
      const said = drillReport(services, keeper, held.job, takenAt, alter);
      await report(services, keeper, held.runId, held.leaseId, said);
      expect(await getRun(services, installationCaller, held.runId), what).toMatchObject({
        state: "failed",
        failure: { code: "CERTIFICATE_REFUSED" },
      });
      const next = await ask("drill");
      held = { runId: next.runId, ...(await take(services, keeper, next.runId, "drill")) };
    }
    expect(await certificates()).toEqual([]);
  });

  test("with a signature of another key, or that says other than its run, is not stored", async () => {
    const { services, keeper, runId, leaseId, job, takenAt, certificates, ask, provider } = await drilling();
    const { keeperSigningKey } = await enrolPart(services, "keeper", provider.organisationId, "keeper-2");
    const { issuer } = drillReport(services, keeper, job, takenAt).certificate!.body;
    const signer = { ...keeper, keeperSigningKey };
    const forged = drillReport(services, signer, job, takenAt, (body) => ({ ...body, issuer }));
    await report(services, keeper, runId, leaseId, forged);
    expect(await getRun(services, installationCaller, runId)).toMatchObject({
      failure: { code: "CERTIFICATE_REFUSED" },
    });

    const next = await ask("drill");
    const held = await take(services, keeper, next.runId, "drill");
    const said = drillReport(services, keeper, held.job, takenAt);
    const result = { ...said.result!, passed: false } as typeof said.result;
    await report(services, keeper, next.runId, held.leaseId, { ...said, result });
    expect(await getRun(services, installationCaller, next.runId)).toMatchObject({ state: "failed" });
    expect(await certificates()).toEqual([]);
  });

  test("waits its turn: drills of one client are handed out one after the other", async () => {
    const { services, keeper, runId, leaseId, job, takenAt, client } = await drilling();
    const other = await enrolPart(services, "device", client.organisationId, "web-2");
    await greet(services, other, ["assess", "prepare-vault", "backup"]);
    const { vaultId } = await readyVault(services, other);
    const { planId } = await boundPlan(services, other, vaultId);
    const asked = { kind: "backup" as const, planId, technology: "full" as const };
    const backup = await createRun(services, installationCaller, other.identityId, asked);
    const held = await take(services, other, backup.runId, "backup");
    await report(services, other, backup.runId, held.leaseId, backupReport("other", "full", takenAt));
    const second = await createRun(services, installationCaller, other.identityId, { kind: "drill", planId });
    await expect(take(services, keeper, second.runId, "drill")).rejects.toThrow("another drill of the same client");
    await report(services, keeper, runId, leaseId, drillReport(services, keeper, job, takenAt));
    await take(services, keeper, second.runId, "drill");
  });
});

test("everything that happened to a device is one chain of audit entries, each change once", async () => {
  const services = await testServices();
  const { keeper, client } = await smallHouse(services);
  const { deviceId } = await protectedDevice(services, keeper, client.organisationId, "web-9");
  const actions = await services.store.read({ kind: "installation" }, async (db) => {
    const rows = await db.selectFrom("auditLog").select(["action", "detail"]).orderBy("seq").execute();
    return rows.filter((row) => row.detail["deviceId"] === deviceId).map((row) => row.action);
  });
  expect(actions).toEqual([
    "vault.created",
    "run.succeeded", // prepare-vault, queued with the vault
    "run.queued",
    "run.succeeded", // assess
    "plan.bound",
    "run.queued",
    "run.succeeded", // backup
    "run.queued",
    "run.succeeded", // replicate
    "run.queued",
    "run.succeeded", // drill
  ]);
});
