import { systemClock } from "@holdfast/base";
import { expect, test } from "vitest";
import { installationCaller } from "../authz/caller.ts";
import type { Party } from "../authz/party.ts";
import { verifyAuditChain } from "../store/audit.ts";
import { installationScope } from "../store/scope.ts";
import { enrolPart, greet, smallHouse, type Enrolled } from "../testing/parties.ts";
import { backupReport, boundPlan, drillReport, readyVault, report, take } from "../testing/protected-device.ts";
import { testServices, type TestServices } from "../testing/services.ts";
import { takeRun, type Handing } from "./hand-out.ts";
import { hearHolder } from "./held-run.ts";
import { createRun } from "./runs.ts";

const devices = 8;
const rounds = 3;

async function backUp(services: TestServices, device: Party, planId: string, words: string): Promise<string> {
  const asked = { kind: "backup" as const, planId, technology: "full" as const };
  const { runId } = await createRun(services, installationCaller, device.identityId, asked);
  const { leaseId } = await take(services, device, runId, "backup");
  await hearHolder(services, device, { runId, leaseId }, {});
  const takenAt = new Date(services.clock.nowMs()).toISOString();
  await report(services, device, runId, leaseId, backupReport(words, "full", takenAt));
  return takenAt;
}

/** Drills of one client come one after the other, so the keeper asks until it is this one's turn. */
async function drill(services: TestServices, keeper: Enrolled, deviceId: string, planId: string, takenAt: string) {
  const { runId } = await createRun(services, installationCaller, deviceId, { kind: "drill", planId });
  let handing: Handing = await takeRun(services, keeper, runId);
  while (handing.outcome === "refused") {
    await systemClock.sleep(5);
    handing = await takeRun(services, keeper, runId);
  }
  if (handing.job.kind !== "drill") throw new Error("no drill was handed out");
  await report(services, keeper, runId, handing.leaseId, drillReport(services, keeper, handing.job, takenAt));
}

test("many parts of one client at once: none waits for ever for another, and nothing of what they did is lost", async () => {
  const services = await testServices();
  const { keeper, client } = await smallHouse(services);
  const work = async (number: number) => {
    const device = await enrolPart(services, "device", client.organisationId, `device ${number}`);
    await greet(services, device, ["assess", "prepare-vault", "backup"]);
    const { vaultId } = await readyVault(services, device);
    const { planId } = await boundPlan(services, device, vaultId);
    for (let round = 0; round < rounds; round += 1) {
      const takenAt = await backUp(services, device, planId, `backup ${round} of ${number}`);
      await drill(services, keeper, device.identityId, planId, takenAt);
    }
  };
  await Promise.all(Array.from({ length: devices }, (_, number) => work(number)));
  const { chain, audit } = await services.store.read(installationScope, async (db) => ({
    chain: await db.selectFrom("certificates").select("position").orderBy("position").execute(),
    audit: await verifyAuditChain(db),
  }));
  expect(chain.map((row) => row.position)).toEqual(Array.from({ length: devices * rounds }, (_, at) => at + 1));
  expect(audit.brokenAt).toBeUndefined();
});
