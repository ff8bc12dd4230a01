import { secondMs } from "@holdfast/base";
import { expect, test } from "vitest";
import { takeRun } from "../app/hand-out.ts";
import { hearHolder } from "../app/held-run.ts";
import { leaseSeconds, reportGraceSeconds, timesTakenMax } from "../app/leases.ts";
import { createRun, getRun } from "../app/runs.ts";
import { installationCaller } from "../authz/caller.ts";
import { greet, smallHouse } from "../testing/parties.ts";
import { protectedDevice, report, take, testAssessment, testPaths } from "../testing/protected-device.ts";
import { testServices } from "../testing/services.ts";
import { giveUpLapsedLeases } from "./lapsed-leases.ts";

const lapseMs = (leaseSeconds + 1) * secondMs;
const assessed = {
  outcome: "succeeded" as const,
  failure: null,
  result: { kind: "assess" as const, assessment: testAssessment() },
};

async function takenRun() {
  const services = await testServices();
  const { device, keeper } = await smallHouse(services);
  const asked = { kind: "assess" as const, paths: testPaths };
  const { runId } = await createRun(services, installationCaller, device.identityId, asked);
  const { leaseId } = await take(services, device, runId, "assess");
  const stateOf = async () => (await getRun(services, installationCaller, runId)).state;
  return { services, device, keeper, runId, leaseId, stateOf };
}

test("a run whose holder fell silent is lost, with a code and a cure", async () => {
  const { services, device, runId, leaseId } = await takenRun();
  await hearHolder(services, device, { runId, leaseId }, {});
  services.clock.advanceMs(lapseMs);
  await giveUpLapsedLeases(services);
  await giveUpLapsedLeases(services);
  const run = await getRun(services, installationCaller, runId);
  expect(run).toMatchObject({ state: "lost", failure: { code: "RUN_LOST" } });
});

test("a holder that is heard keeps its run for ever", async () => {
  const { services, device, runId, leaseId, stateOf } = await takenRun();
  for (let times = 0; times < 20; times += 1) {
    services.clock.advanceMs((leaseSeconds - 1) * secondMs);
    expect(await hearHolder(services, device, { runId, leaseId }, {})).toBe("held");
    await giveUpLapsedLeases(services);
  }
  expect(await stateOf()).toBe("running");
});

test("a run that was lost goes on when its holder is heard again, and its result counts", async () => {
  const { services, device, runId, leaseId, stateOf } = await takenRun();
  await hearHolder(services, device, { runId, leaseId }, {});
  services.clock.advanceMs(lapseMs);
  await giveUpLapsedLeases(services);
  expect(await hearHolder(services, device, { runId, leaseId }, {})).toBe("held");
  expect(await stateOf()).toBe("running");
  services.clock.advanceMs(lapseMs);
  await giveUpLapsedLeases(services);
  expect(await report(services, device, runId, leaseId, assessed)).toBe("acknowledged");
  expect(await stateOf()).toBe("succeeded");
});

test("a job that never arrived is offered again with another lease, and given up after a few times", async () => {
  const { services, device, runId, leaseId, stateOf } = await takenRun();
  const leases = [leaseId];
  for (let times = 1; times < timesTakenMax; times += 1) {
    services.clock.advanceMs(lapseMs);
    await giveUpLapsedLeases(services);
    expect(await stateOf()).toBe("queued");
    leases.push((await take(services, device, runId, "assess")).leaseId);
  }
  expect(new Set(leases).size).toBe(timesTakenMax);
  expect(await hearHolder(services, device, { runId, leaseId }, {})).toBe("stale");
  expect(await report(services, device, runId, leaseId, assessed)).toBe("stale");
  services.clock.advanceMs(lapseMs);
  await giveUpLapsedLeases(services);
  expect(await stateOf()).toBe("lost");
});

test("a part that comes back without its run gets a moment to report it, and no more", async () => {
  const { services, device, runId, leaseId, stateOf } = await takenRun();
  await hearHolder(services, device, { runId, leaseId }, {});
  await greet(services, device, ["assess"]);
  services.clock.advanceMs((reportGraceSeconds - 1) * secondMs);
  await giveUpLapsedLeases(services);
  expect(await stateOf()).toBe("running");
  services.clock.advanceMs(2 * secondMs);
  await giveUpLapsedLeases(services);
  expect(await stateOf()).toBe("lost");
});

test("only the run's own part holds it, whatever lease another names", async () => {
  const { services, keeper, runId, leaseId, stateOf } = await takenRun();
  expect(await hearHolder(services, keeper, { runId, leaseId }, {})).toBe("stale");
  expect(await report(services, keeper, runId, leaseId, assessed)).toBe("stale");
  expect(await takeRun(services, keeper, runId)).toMatchObject({ outcome: "refused" });
  expect(await stateOf()).toBe("taken");
});

test("what follows two servers that look at the same lapsed run at once is one end", async () => {
  const { services, device, runId, leaseId, stateOf } = await takenRun();
  await hearHolder(services, device, { runId, leaseId }, {});
  services.clock.advanceMs(lapseMs);
  await Promise.all(Array.from({ length: 4 }, () => giveUpLapsedLeases(services)));
  expect(await stateOf()).toBe("lost");
  const entries = await services.store.read({ kind: "installation" }, (db) =>
    db.selectFrom("auditLog").select("action").where("action", "=", "run.lost").execute(),
  );
  expect(entries).toHaveLength(1);
});

test("a run that cannot be prepared fails with the reason, instead of being offered for ever", async () => {
  const services = await testServices();
  const { keeper, client } = await smallHouse(services);
  const { deviceId, planId, device } = await protectedDevice(services, keeper, client.organisationId, "web-2");
  const asked = { kind: "backup" as const, planId, technology: "full" as const };
  const { runId } = await createRun(services, installationCaller, deviceId, asked);
  await services.store.transact({ kind: "installation" }, async (tx) => {
    tx.unaudited("no change");
    await tx.db.updateTable("runs").set({ planId: null }).where("runId", "=", runId).execute();
  });
  expect(await takeRun(services, device, runId)).toMatchObject({ outcome: "refused" });
  const run = await getRun(services, installationCaller, runId);
  expect(run).toMatchObject({ state: "failed", failure: { code: "NOT_FOUND" } });
});
