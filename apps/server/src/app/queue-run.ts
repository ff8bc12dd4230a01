import type { Actor } from "../store/audit.ts";
import { findOpenRun, insertRun, type RunRow } from "../store/runs.ts";
import type { Writer } from "../store/store.ts";
import { json, type RunAsk } from "../store/tables.ts";
import { freshId, nowOf, type Services } from "./services.ts";

/** Who asked for a run, and for what. */
export interface WantedRun {
  readonly by: Actor;
  readonly device: { readonly identityId: string; readonly organisationId: string };
  readonly vaultId: string | null;
  readonly planId: string | null;
  /** The device itself, or the keeper of its vault. */
  readonly executorId: string;
  readonly ask: RunAsk;
}

/**
 * Queues a run, or finds the one that does the same already: asking twice is not doing twice. The caller has locked
 * the device, so that two who ask at once get one run.
 */
export async function queueRun(services: Services, tx: Writer, wanted: WantedRun): Promise<string> {
  const { device, ask, by } = wanted;
  const open = await findOpenRun(tx.db, device.identityId, ask);
  if (open !== undefined) {
    tx.unaudited("no change");
    return open.runId;
  }
  const runId = await addRun(services, tx, wanted);
  tx.audit({
    by,
    action: "run.queued",
    subject: { kind: "run", id: runId },
    organisationId: device.organisationId,
    detail: { kind: ask.kind, deviceId: device.identityId },
  });
  return runId;
}

/** Adds the row and tells the executor; for use cases whose audit entry says more than that a run was queued. */
export async function addRun(services: Services, tx: Writer, wanted: WantedRun): Promise<string> {
  const { device, ask, by, vaultId, planId, executorId } = wanted;
  const runId = freshId(services);
  await insertRun(tx, {
    runId,
    organisationId: device.organisationId,
    deviceId: device.identityId,
    vaultId,
    planId,
    kind: ask.kind,
    state: "queued",
    executorId,
    ask: json(ask),
    requestedBy: by.kind === "server" ? "schedule" : by.name,
    queuedAt: nowOf(services),
  });
  tx.announce({ about: "run", runId, deviceId: device.identityId, executorId, tell: "offer" });
  return runId;
}

/** What every server and every open page must look at again when a run has changed. */
export function announceRun(tx: Writer, run: RunRow, tell?: "offer" | "cancel"): void {
  const { runId, deviceId, executorId } = run;
  tx.announce({ about: "run", runId, deviceId, executorId, ...(tell === undefined ? {} : { tell }) });
}
