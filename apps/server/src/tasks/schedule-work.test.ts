import { dayMs, hourMs, minuteMs } from "@holdfast/base";
import type { Run } from "@holdfast/contract";
import { firstDrillAfterMs, retryAfterMs } from "@holdfast/domain";
import { expect, test } from "vitest";
import { cancelRun, listRuns } from "../app/runs.ts";
import { createVault } from "../app/vaults.ts";
import { installationCaller } from "../authz/caller.ts";
import { smallHouse } from "../testing/parties.ts";
import { backupReport, boundPlan, drillReport, hashOf, readyVault, report, take } from "../testing/protected-device.ts";
import { testServices } from "../testing/services.ts";
import { scheduleWork } from "./schedule-work.ts";

const failed = {
  outcome: "failed" as const,
  result: null,
  failure: { code: "AGENT_FAILED", message: "the disk is gone", cure: "put it back" },
};

async function plannedDevice() {
  const services = await testServices();
  const house = await smallHouse(services);
  const { device, keeper } = house;
  const { vaultId } = await readyVault(services, device);
  const plan = await boundPlan(services, device, vaultId);
  const open = async () => {
    await scheduleWork(services);
    const { items } = await listRuns(services, installationCaller, { limit: 500 });
    return items.filter((run) => run.state === "queued");
  };
  /** Does every queued run well, in order, until nothing is due now. */
  let backups = 0;
  const doAll = async (): Promise<Run[]> => {
    const done: Run[] = [];
    for (let runs = await open(); runs.length > 0; runs = await open()) {
      for (const run of runs.toReversed()) {
        done.push(run);
        const takenAt = new Date(services.clock.nowMs()).toISOString();
        if (run.kind === "backup") {
          const { leaseId, job } = await take(services, device, run.runId, "backup");
          backups += 1;
          await report(services, device, run.runId, leaseId, backupReport(`b${backups}`, job.technology, takenAt));
        } else if (run.kind === "replicate") {
          const { leaseId, job } = await take(services, keeper, run.runId, "replicate");
          const copied = Array.from({ length: backups }, (_, at) => ({
            from: hashOf(`b${at + 1}`),
            to: hashOf(`copy of b${at + 1}`),
          }));
          const result = { kind: "replicate", place: job.place, copied, alreadyThere: 0, blobs: 1, bytes: 1 } as const;
          await report(services, keeper, run.runId, leaseId, { outcome: "succeeded", failure: null, result });
        } else {
          const { leaseId, job } = await take(services, keeper, run.runId, "drill");
          const snapshots = await services.store.read({ kind: "installation" }, (db) =>
            db.selectFrom("snapshots").selectAll().where("snapshotId", "=", job.snapshotId).execute(),
          );
          const at = snapshots[0]!.takenAt.toISOString();
          await report(services, keeper, run.runId, leaseId, drillReport(services, keeper, job, at));
        }
      }
    }
    return done;
  };
  return { services, ...house, plan, open, doAll };
}

const kinds = (runs: readonly Run[]) => runs.map((run) => run.kind);

test("a plan that is bound gets a full backup at once, a copy of it, and a drill a little later", async () => {
  const { services, doAll } = await plannedDevice();
  expect(kinds(await doAll())).toEqual(["backup", "replicate"]);
  services.clock.advanceMs(firstDrillAfterMs - 1);
  expect(await doAll()).toEqual([]);
  services.clock.advanceMs(1);
  expect(kinds(await doAll())).toEqual(["drill"]);
});

test("looking twice, or from several servers at once, queues nothing twice", async () => {
  const { services, open } = await plannedDevice();
  await Promise.all(Array.from({ length: 4 }, () => scheduleWork(services)));
  expect(kinds(await open())).toEqual(["backup"]);
});

test("over two weeks each backup comes one interval after the last began, full and drilled as often as planned", async () => {
  const { services, plan, doAll } = await plannedDevice();
  const { backupEveryMinutes, fullEveryDays, drillEveryDays } = plan.spec;
  const began: { kind: string; technology: string; atMs: number }[] = [];
  const days = 16;
  const lookEveryHours = 6;
  for (let hour = 0; hour < days * 24; hour += lookEveryHours) {
    for (const run of await doAll()) {
      const row = await services.store.read({ kind: "installation" }, (db) =>
        db.selectFrom("runs").select("ask").where("runId", "=", run.runId).executeTakeFirstOrThrow(),
      );
      const technology = row.ask.kind === "backup" ? row.ask.technology : "";
      began.push({ kind: run.kind, technology, atMs: services.clock.nowMs() });
    }
    services.clock.advanceMs(lookEveryHours * hourMs);
  }
  const backups = began.filter((run) => run.kind === "backup");
  const gaps = backups.slice(1).map((run, at) => run.atMs - backups[at]!.atMs);
  expect(new Set(gaps)).toEqual(new Set([backupEveryMinutes * minuteMs]));
  expect(backups.filter((run) => run.technology === "full")).toHaveLength(Math.ceil(days / fullEveryDays));
  expect(began.filter((run) => run.kind === "replicate")).toHaveLength(backups.length);
  expect(began.filter((run) => run.kind === "drill")).toHaveLength(Math.ceil(days / drillEveryDays));
});

test("a backup that fails is tried again soon, and later each time", async () => {
  const { services, device, open } = await plannedDevice();
  for (const waits of [1, 2, 4]) {
    const [run] = await open();
    const { leaseId } = await take(services, device, run!.runId, "backup");
    await report(services, device, run!.runId, leaseId, failed);
    services.clock.advanceMs(waits * retryAfterMs - 1);
    expect(await open()).toEqual([]);
    services.clock.advanceMs(1);
    expect(kinds(await open())).toEqual(["backup"]);
  }
});

test("a backup that a person cancelled is not forced on them again before the next is due", async () => {
  const { services, plan, device, open } = await plannedDevice();
  const [run] = await open();
  const { leaseId } = await take(services, device, run!.runId, "backup");
  await cancelRun(services, installationCaller, run!.runId);
  await report(services, device, run!.runId, leaseId, { outcome: "cancelled", result: null, failure: null });
  services.clock.advanceMs(plan.spec.backupEveryMinutes * minuteMs - 1);
  expect(await open()).toEqual([]);
  services.clock.advanceMs(1);
  expect(kinds(await open())).toEqual(["backup"]);
});

test("a snapshot that could not be copied is tried again now and then, not all the time", async () => {
  const { services, device, keeper, open } = await plannedDevice();
  const [backup] = await open();
  const taken = await take(services, device, backup!.runId, "backup");
  const takenAt = new Date(services.clock.nowMs()).toISOString();
  await report(services, device, backup!.runId, taken.leaseId, backupReport("b", "full", takenAt));
  const [copy] = await open();
  const { leaseId, job } = await take(services, keeper, copy!.runId, "replicate");
  const { place } = job;
  const result = { kind: "replicate" as const, place, copied: [], alreadyThere: 0, blobs: 0, bytes: 0 };
  services.clock.advanceMs(minuteMs);
  await report(services, keeper, copy!.runId, leaseId, { ...failed, outcome: "warning", result });
  services.clock.advanceMs(5 * minuteMs);
  expect(await open()).toEqual([]);
  services.clock.advanceMs(hourMs);
  expect(kinds(await open())).toContain("replicate");
});

test("a vault whose repository could not be made gets another try", async () => {
  const services = await testServices();
  const { device } = await smallHouse(services);
  const { vault, run } = await createVault(services, installationCaller, device.identityId, { name: "Main" });
  const { leaseId } = await take(services, device, run.runId, "prepare-vault");
  await report(services, device, run.runId, leaseId, failed);
  await scheduleWork(services);
  const queued = async () => {
    const { items } = await listRuns(services, installationCaller, { limit: 10 });
    return items.filter((each) => each.state === "queued");
  };
  expect(await queued()).toEqual([]);
  services.clock.advanceMs(dayMs);
  await scheduleWork(services);
  expect(await queued()).toMatchObject([{ kind: "prepare-vault", vaultId: vault.vaultId }]);
});
