import { nextBackupAtMs, nextDrillAtMs, retryAtMs, technologyAt, type History } from "@holdfast/domain";
import { minuteMs } from "@holdfast/base";
import { queueRun } from "../app/queue-run.ts";
import type { Services } from "../app/services.ts";
import { serverActor } from "../store/audit.ts";
import { lockDevice } from "../store/identities.ts";
import { firstGoodAt, lastFullAt, notCopied, runHistory, type RunHistory } from "../store/plan-history.ts";
import { plansInForce, type PlanRow } from "../store/plans.ts";
import { findOpenRun } from "../store/runs.ts";
import { installationScope } from "../store/scope.ts";
import type { Reader } from "../store/store.ts";
import type { RunAsk } from "../store/tables.ts";
import { findVault } from "../store/vaults.ts";

/**
 * Compares what each bound plan promises with what was done, and queues what is due: backups, then copies of what the
 * other places lack, then drills. Safe to run twice and on two servers: nothing is queued beside an open run of its kind.
 */
export async function scheduleWork(services: Services): Promise<void> {
  const plans = await services.store.read(installationScope, plansInForce);
  for (const plan of plans) {
    for (const due of await services.store.read(installationScope, (db) => dueWork(services, db, plan)))
      await queue(services, plan, due);
  }
}

async function dueWork(services: Services, db: Reader, plan: PlanRow): Promise<RunAsk[]> {
  const nowMs = services.clock.nowMs();
  const { spec, vaultId, boundAt } = plan;
  const due: RunAsk[] = [];
  const backups = historyOf(await runHistory(db, vaultId, "backup"));
  if (nextBackupAtMs(spec, backups, boundAt.getTime()) <= nowMs) {
    const lastFull = await lastFullAt(db, vaultId);
    due.push({ kind: "backup", technology: technologyAt(spec, lastFull?.getTime(), nowMs) });
  }
  for (const place of services.copyPlaces.slice(0, spec.copies)) {
    if ((await notCopied(db, vaultId, place)).length === 0) continue;
    const copies = historyOf(await runHistory(db, vaultId, "replicate"));
    if (copies.failuresInARow > 0 && retryAtMs(copies, copyRetryMsMax) > nowMs) continue;
    due.push({ kind: "replicate", place });
  }
  const drills = historyOf(await runHistory(db, vaultId, "drill"));
  const drillAtMs = nextDrillAtMs(spec, drills, (await firstGoodAt(db, vaultId))?.getTime());
  if (drillAtMs !== undefined && drillAtMs <= nowMs) due.push({ kind: "drill" });
  return due;
}

/** A copy that keeps failing is tried at least this often. */
const copyRetryMsMax = 60 * minuteMs;

async function queue(services: Services, plan: PlanRow, ask: RunAsk): Promise<void> {
  await services.store.transact(installationScope, async (tx) => {
    const device = await lockDevice(tx, plan.deviceId);
    const vault = await findVault(tx.db, plan.vaultId);
    const open = await findOpenRun(tx.db, { deviceId: plan.deviceId, kind: ask.kind });
    // Looked at again under the lock: another server may have been faster, or the device may have left.
    const stillDue = (await dueWork(services, tx.db, plan)).some((each) => each.kind === ask.kind);
    if (device === undefined || device.revokedAt !== null || vault === undefined || open !== undefined || !stillDue)
      return tx.unaudited("no change");
    await queueRun(services, tx, {
      by: serverActor,
      device,
      vaultId: plan.vaultId,
      planId: plan.planId,
      executorId: ask.kind === "backup" ? plan.deviceId : vault.keeperId,
      ask,
    });
  });
}

function historyOf(row: RunHistory): History {
  return {
    lastBeganAtMs: row.lastBeganAt?.getTime(),
    lastEndedAtMs: row.lastEndedAt?.getTime(),
    failuresInARow: row.failuresInARow,
  };
}
