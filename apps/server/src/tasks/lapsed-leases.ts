import { timesTakenMax } from "../app/leases.ts";
import { announceRun } from "../app/queue-run.ts";
import { nowOf, type Services } from "../app/services.ts";
import { serverErrors } from "../errors.ts";
import { serverActor } from "../store/audit.ts";
import { lockRunIfFree, runsWithLapsedLease, setEnded, setQueuedAgain } from "../store/runs.ts";
import { installationScope } from "../store/scope.ts";
import { revokeGatewayTokens } from "../store/vaults.ts";

/**
 * Gives up runs whose holders have fallen silent. One that was handed out and never heard of did not arrive, and is
 * offered again; one that had begun is lost. Its token stays valid, so that a holder that only we cannot hear may end well.
 */
export async function giveUpLapsedLeases(services: Services): Promise<void> {
  const now = nowOf(services);
  const lapsed = await services.store.read(installationScope, (db) => runsWithLapsedLease(db, now));
  for (const runId of lapsed) {
    await services.store.transact(installationScope, async (tx) => {
      const run = await lockRunIfFree(tx, runId);
      if (run === undefined || run.endedAt !== null || run.leaseExpiresAt === null || run.leaseExpiresAt >= now)
        return tx.unaudited("no change");
      const again = run.state === "taken" && run.timesTaken < timesTakenMax && run.cancelRequestedAt === null;
      if (again) {
        await setQueuedAgain(tx, runId);
        await revokeGatewayTokens(tx, runId, now);
        announceRun(tx, run, "offer");
      } else {
        const { code, cause, cure } = serverErrors.runLost;
        const failure = { code, message: cause, cure };
        await setEnded(tx, runId, { state: "lost", endedAt: now, result: null, failure });
        announceRun(tx, run);
        tx.announce({ about: "device", deviceId: run.deviceId });
      }
      tx.audit({
        by: serverActor,
        action: again ? "run.queued-again" : "run.lost",
        subject: { kind: "run", id: runId },
        organisationId: run.organisationId,
        detail: { kind: run.kind, leaseId: run.leaseId, timesTaken: run.timesTaken },
      });
    });
  }
}
