import type { Run } from "@holdfast/contract";
import type { NamedRun } from "../store/runs.ts";

/** A run as the contract says it. */
export function runShape(row: NamedRun): Run {
  return {
    runId: row.runId,
    kind: row.kind,
    state: row.state,
    organisationId: row.organisationId,
    deviceId: row.deviceId,
    deviceName: row.deviceName,
    vaultId: row.vaultId,
    planId: row.planId,
    requestedBy: row.requestedBy,
    queuedAt: row.queuedAt.toISOString(),
    startedAt: instant(row.startedAt),
    endedAt: instant(row.endedAt),
    progress: row.progress,
    result: row.result,
    failure: row.failure,
  };
}

export function instant(at: Date | null): string | null {
  return at === null ? null : at.toISOString();
}
