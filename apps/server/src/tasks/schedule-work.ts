import { minuteMs } from "@holdfast/base";
import { nextBackupAtMs, nextDrillAtMs, retryAtMs, technologyAt, type History } from "@holdfast/domain";
import { queueRun } from "../app/queue-run.ts";
import type { Services } from "../app/services.ts";
import { serverActor } from "../store/audit.ts";
import { lockDevice } from "../store/identities.ts";
import { firstGoodAt, lastFullAt, newestNotCopiedAt, runHistory } from "../store/plan-history.ts";
import { plansInForce, type PlanRow } from "../store/plans.ts";
import { openKinds } from "../store/runs.ts";
import { installationScope } from "../store/scope.ts";
import type { Reader } from "../store/store.ts";
import type { RunAsk } from "../store/tables.ts";
import { findVault, vaultsNotReady, type VaultRow } from "../store/vaults.ts";

/** Work that keeps failing is tried at least this often, when no interval of a plan says otherwise. */
const retryMsMax = 60 * minuteMs;

/**
 * Compares what each bound plan promises with what was done, and queues what is due: backups, then copies of what the
 * other places lack, then drills; and repositories for vaults that have none. Safe to run twice and on two servers:
 * nothing is queued beside an open run of its kind.
 */
export async function scheduleWork(services: Services): Promise<void> {
  const { plans, vaults } = await services.store.read(installationScope, async (db) => ({
    plans: await plansInForce(db),
    vaults: await vaultsNotReady(db),
  }));
  for (const vault of vaults) await queueDue(services, vault, null, (db) => duePreparation(services, db, vault));
  for (const plan of plans) await queueDue(services, plan, plan.planId, (db) => dueWork(services, db, plan));
}

async function queueDue(
  services: Services,
  of: { readonly deviceId: string; readonly vaultId: string },
  planId: string | null,
  findDue: (db: Reader) => Promise<RunAsk[]>,
): Promise<void> {
  for (const ask of await services.store.read(installationScope, findDue)) {
    await services.store.transact(installationScope, async (tx) => {
      const device = await lockDevice(tx, of.deviceId);
      const vault = await findVault(tx.db, of.vaultId);
      // Looked at again under the lock: another server may have been faster, or the device may have left.
      const still = (await findDue(tx.db)).some((each) => each.kind === ask.kind);
      if (device === undefined || device.revokedAt !== null || vault === undefined || !still)
        return tx.unaudited("no change");
      const { vaultId } = vault;
      const executorId = ask.kind === "replicate" || ask.kind === "drill" ? vault.keeperId : of.deviceId;
      await queueRun(services, tx, { by: serverActor, device, vaultId, planId, executorId, ask });
    });
  }
}

async function dueWork(services: Services, db: Reader, plan: PlanRow): Promise<RunAsk[]> {
  const nowMs = services.clock.nowMs();
  const { spec, vaultId, boundAt } = plan;
  const open = await openKinds(db, vaultId);
  const due: RunAsk[] = [];
  if (!open.has("backup") && nextBackupAtMs(spec, await history(db, vaultId, "backup"), boundAt.getTime()) <= nowMs) {
    const lastFull = await lastFullAt(db, vaultId, spec.paths);
    due.push({ kind: "backup", technology: technologyAt(spec, lastFull?.getTime(), nowMs) });
  }
  if (!open.has("replicate")) {
    const copies = await history(db, vaultId, "replicate");
    for (const place of services.copyPlaces.slice(0, spec.copies)) {
      const missingSince = await newestNotCopiedAt(db, vaultId, place);
      if (missingSince !== null && copyAtMs(copies, missingSince.getTime()) <= nowMs) {
        due.push({ kind: "replicate", place });
        break; // the next place after this one
      }
    }
  }
  if (!open.has("drill")) {
    const drillAtMs = nextDrillAtMs(
      spec,
      await history(db, vaultId, "drill"),
      (await firstGoodAt(db, vaultId))?.getTime(),
    );
    if (drillAtMs !== undefined && drillAtMs <= nowMs) due.push({ kind: "drill" });
  }
  return due;
}

/** A new snapshot is copied at once; one that an earlier run could not copy is tried again now and then. */
function copyAtMs(copies: History, newestMissingAtMs: number): number {
  const { lastBeganAtMs, lastEndedAtMs, failuresInARow } = copies;
  if (lastBeganAtMs === undefined || lastEndedAtMs === undefined) return newestMissingAtMs;
  if (failuresInARow > 0) return retryAtMs(copies, retryMsMax);
  return newestMissingAtMs > lastBeganAtMs ? newestMissingAtMs : lastEndedAtMs + retryMsMax;
}

/** The first run that makes a vault's repository is queued with the vault; a new one only after it failed. */
async function duePreparation(services: Services, db: Reader, vault: VaultRow): Promise<RunAsk[]> {
  const { vaultId } = vault;
  const now = await findVault(db, vaultId);
  if (now?.readyAt !== null || (await openKinds(db, vaultId)).has("prepare-vault")) return [];
  const dueAtMs = retryAtMs(await history(db, vaultId, "prepare-vault"), retryMsMax);
  return dueAtMs <= services.clock.nowMs() ? [{ kind: "prepare-vault" }] : [];
}

async function history(db: Reader, vaultId: string, kind: RunAsk["kind"]): Promise<History> {
  const row = await runHistory(db, vaultId, kind);
  return {
    lastBeganAtMs: row.lastBeganAt?.getTime(),
    lastEndedAtMs: row.lastEndedAt?.getTime(),
    failuresInARow: row.failuresInARow,
  };
}
