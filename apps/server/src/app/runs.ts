import { HoldfastError } from "@holdfast/base";
import type { newRun, Run, runLogLine } from "@holdfast/contract";
import type { z } from "zod";
import type { Caller } from "../authz/caller.ts";
import { serverErrors } from "../errors.ts";
import { findSnapshot, newestSnapshot } from "../store/catalogue.ts";
import { findDevice, lockDevice } from "../store/identities.ts";
import { boundPlansOf } from "../store/plans.ts";
import { runLog } from "../store/run-log.ts";
import * as runs from "../store/runs.ts";
import type { Writer } from "../store/store.ts";
import type { RunAsk } from "../store/tables.ts";
import { findVault, revokeGatewayTokens, type VaultRow } from "../store/vaults.ts";
import { announceRun, queueRun } from "./queue-run.ts";
import { runShape } from "./run-shape.ts";
import { found, idCursor, notFound, nowOf, type Services } from "./services.ts";

type NewRun = z.infer<typeof newRun>;
interface Page {
  readonly after?: string | undefined;
  readonly limit: number;
}

/** Runs in reach, newest first. */
export async function listRuns(
  services: Services,
  caller: Caller,
  wanted: Page & { readonly deviceId?: string | undefined },
): Promise<{ items: Run[]; next: string | null }> {
  const { deviceId, after, limit } = wanted;
  return services.store.read(caller.scope, async (db) => {
    if (deviceId !== undefined) found(await findDevice(db, deviceId), "device");
    const rows = await runs.listRuns(db, { deviceId, after: idCursor(after), limit: limit + 1 });
    const items = rows.slice(0, limit).map(runShape);
    return { items, next: rows.length > limit ? items.at(-1)!.runId : null };
  });
}

/** @throws NOT_FOUND */
export function getRun(services: Services, caller: Caller, runId: string): Promise<Run> {
  return services.store.read(caller.scope, async (db) => runShape(found(await runs.findRun(db, runId), "run")));
}

/** @throws NOT_FOUND */
export function getRunLog(
  services: Services,
  caller: Caller,
  runId: string,
): Promise<{ lines: z.infer<typeof runLogLine>[] }> {
  return services.store.read(caller.scope, async (db) => {
    found(await runs.findRun(db, runId), "run");
    const lines = await runLog(db, runId);
    return { lines: lines.map(({ at, level, text }) => ({ at: at.toISOString(), level, text })) };
  });
}

/**
 * Queues what a person asks for, or answers with the run that does it already.
 * @throws NOT_FOUND, VAULT_NOT_READY, NOTHING_TO_DRILL, NO_SUCH_PLACE
 */
export async function createRun(services: Services, caller: Caller, deviceId: string, asked: NewRun): Promise<Run> {
  const runId = await services.store.transact(caller.scope, async (tx) => {
    const device = found(await lockDevice(tx, deviceId), "device");
    if (asked.kind === "assess") {
      const ask = { kind: "assess", paths: asked.paths } as const;
      const wanted = { by: caller.actor, device, vaultId: null, planId: null, executorId: deviceId, ask };
      return queueRun(services, tx, wanted);
    }
    const [plan] = await boundPlansOf(tx.db, [deviceId]);
    if (plan?.planId !== asked.planId) throw notFound("plan of this device");
    const vault = found(await findVault(tx.db, plan.vaultId), "vault");
    if (vault.readyAt === null)
      throw new HoldfastError(serverErrors.vaultNotReady, "The vault's repository has not been made yet.");
    const executorId = asked.kind === "backup" ? deviceId : vault.keeperId;
    const ask = await askOf(services, tx, vault, asked);
    return queueRun(services, tx, {
      by: caller.actor,
      device,
      vaultId: vault.vaultId,
      planId: plan.planId,
      executorId,
      ask,
    });
  });
  return getRun(services, caller, runId);
}

async function askOf(
  services: Services,
  tx: Writer,
  vault: VaultRow,
  asked: Exclude<NewRun, { kind: "assess" }>,
): Promise<RunAsk> {
  switch (asked.kind) {
    case "backup":
      return { kind: "backup", technology: asked.technology };
    case "replicate": {
      const place = services.copyPlaces[0];
      if (place === undefined)
        throw new HoldfastError(serverErrors.noSuchPlace, "This installation has no place for copies.");
      return { kind: "replicate", place };
    }
    case "drill": {
      if (asked.snapshotId !== undefined) {
        const snapshot = found(await findSnapshot(tx.db, vault.deviceId, asked.snapshotId), "snapshot");
        if (snapshot.vaultId !== vault.vaultId) throw notFound("snapshot");
        return { kind: "drill", snapshotId: asked.snapshotId };
      }
      if ((await newestSnapshot(tx.db, vault.vaultId)) === undefined)
        throw new HoldfastError(serverErrors.nothingToDrill, "There is no snapshot to restore yet.");
      return { kind: "drill" };
    }
  }
}

/**
 * Ends a run that is queued; asks the holder of one that goes on to stop.
 * @throws NOT_FOUND, RUN_OVER
 */
export async function cancelRun(services: Services, caller: Caller, runId: string): Promise<Run> {
  await services.store.transact(caller.scope, async (tx) => {
    const run = found(await runs.lockRun(tx, runId), "run");
    if (run.endedAt !== null) throw new HoldfastError(serverErrors.runOver, "The run has ended already.");
    if (run.cancelRequestedAt !== null) return tx.unaudited("no change");
    const at = nowOf(services);
    await runs.setCancelRequested(tx, runId, at);
    if (run.state === "queued") {
      await runs.setEnded(tx, runId, { state: "cancelled", endedAt: at, result: null, failure: null });
      await revokeGatewayTokens(tx, runId, at);
    }
    announceRun(tx, run, run.state === "queued" ? undefined : "cancel");
    tx.audit({
      by: caller.actor,
      action: "run.cancellation-requested",
      subject: { kind: "run", id: runId },
      organisationId: run.organisationId,
      detail: { kind: run.kind, state: run.state },
    });
  });
  return getRun(services, caller, runId);
}
