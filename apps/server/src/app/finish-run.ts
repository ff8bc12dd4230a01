import type { MessageFromAgent, RunResult } from "@holdfast/contract";
import { certificateHash } from "@holdfast/domain";
import type { Party } from "../authz/party.ts";
import { serverErrors } from "../errors.ts";
import {
  findSnapshot,
  insertCertificate,
  insertCopies,
  insertSnapshot,
  knownSnapshots,
  lockChain,
} from "../store/catalogue.ts";
import { findIdentity } from "../store/identities.ts";
import { findPlan, insertAssessment, pathsKey } from "../store/plans.ts";
import { lockRun, setEnded, type RunRow } from "../store/runs.ts";
import type { Writer } from "../store/store.ts";
import { json } from "../store/tables.ts";
import { findVault, revokeGatewayTokens, setVaultReady } from "../store/vaults.ts";
import { findFault } from "./drill-certificate.ts";
import { holds, isOver } from "./held-run.ts";
import { announceRun } from "./queue-run.ts";
import { judgeReport, refuse, type FinishedMessage, type Verdict } from "./report.ts";
import { found, freshId, nowOf, type Services } from "./services.ts";

type ResultOf<Kind extends RunResult["kind"]> = Extract<RunResult, { kind: Kind }>;
type CertificateMessage = NonNullable<Extract<MessageFromAgent, { type: "finished" }>["certificate"]>;

/**
 * Records how a run ended, once, with everything that follows from it, in one transaction. A report that is repeated
 * because its acknowledgement was lost is acknowledged again and changes nothing.
 */
export function finishRun(
  services: Services,
  party: Party,
  report: FinishedMessage,
): Promise<"acknowledged" | "stale"> {
  return services.store.transact(party.scope, async (tx) => {
    const run = await lockRun(tx, report.runId);
    if (run === undefined || !holds(run, party, report)) {
      tx.unaudited("no change");
      return "stale";
    }
    if (isOver(run)) {
      tx.unaudited("no change");
      return "acknowledged";
    }
    const verdict = await record(services, tx, party, run, report);
    const endedAt = nowOf(services);
    await setEnded(tx, run.runId, { ...verdict, endedAt });
    await revokeGatewayTokens(tx, run.runId, endedAt);
    announceRun(tx, run);
    tx.announce({ about: "device", deviceId: run.deviceId });
    tx.audit({
      by: party.actor,
      action: `run.${verdict.state}`,
      subject: { kind: "run", id: run.runId },
      organisationId: run.organisationId,
      detail: { kind: run.kind, deviceId: run.deviceId, code: verdict.failure?.code ?? null },
    });
    return "acknowledged";
  });
}

/** Puts into the catalogue what the report says, as far as it is to be believed. */
async function record(
  services: Services,
  tx: Writer,
  party: Party,
  run: RunRow,
  report: FinishedMessage,
): Promise<Verdict> {
  const verdict = judgeReport(run, report);
  if (report.certificate !== undefined && run.kind === "drill") {
    return recordDrill(services, tx, party, run, verdict, report.certificate);
  }
  const { result } = verdict;
  switch (result?.kind) {
    case "assess":
      await insertAssessment(tx, {
        assessmentId: freshId(services),
        organisationId: run.organisationId,
        deviceId: run.deviceId,
        runId: run.runId,
        pathsKey: pathsKey(result.assessment.paths),
        assessment: result.assessment,
        receivedAt: nowOf(services),
      });
      return verdict;
    case "prepare-vault":
      await setVaultReady(tx, found(run.vaultId, "vault"), {
        repositoryId: result.repositoryId,
        sealedPassword: report.sealedPassword!,
        readyAt: nowOf(services),
      });
      return verdict;
    case "backup":
      return recordSnapshot(tx, run, verdict, result);
    case "replicate":
      await recordCopies(services, tx, run, result);
      return verdict;
    case "drill":
    case undefined:
      return verdict;
  }
}

async function recordSnapshot(tx: Writer, run: RunRow, verdict: Verdict, result: ResultOf<"backup">): Promise<Verdict> {
  const vaultId = found(run.vaultId, "vault");
  const plan = found(await findPlan(tx.db, found(run.planId, "plan")), "plan");
  const known = await knownSnapshots(tx.db, vaultId, [result.snapshotId]);
  if (known.size > 0) return refuse("a snapshot of another run");
  await insertSnapshot(tx, {
    vaultId,
    snapshotId: result.snapshotId,
    organisationId: run.organisationId,
    deviceId: run.deviceId,
    planId: run.planId,
    runId: run.runId,
    takenAt: new Date(result.takenAt),
    tree: result.tree,
    technology: result.technology,
    paths: json(plan.spec.paths),
    totalFiles: result.totalFiles,
    totalBytes: result.totalBytes,
    addedBytes: result.addedBytes,
    storedBytes: result.storedBytes,
    complete: result.unreadCount === 0,
  });
  return verdict;
}

async function recordCopies(services: Services, tx: Writer, run: RunRow, result: ResultOf<"replicate">): Promise<void> {
  const vaultId = found(run.vaultId, "vault");
  const pairs = [...result.copied, ...(result.present ?? [])];
  const known = await knownSnapshots(
    tx.db,
    vaultId,
    pairs.map((pair) => pair.from),
  );
  await insertCopies(
    tx,
    pairs
      .filter((pair) => known.has(pair.from))
      .map((pair) => ({
        vaultId,
        place: result.place,
        snapshotId: pair.from,
        organisationId: run.organisationId,
        deviceId: run.deviceId,
        copySnapshotId: pair.to,
        runId: run.runId,
        copiedAt: nowOf(services),
      })),
  );
}

/** Stores a drill's certificate when it is what was asked for; otherwise the drill has failed, whatever it says. */
async function recordDrill(
  services: Services,
  tx: Writer,
  party: Party,
  run: RunRow,
  verdict: Verdict,
  certificate: CertificateMessage,
): Promise<Verdict> {
  const { handedOut } = run;
  const vault = found(await findVault(tx.db, found(run.vaultId, "vault")), "vault");
  const keeper = found(await findIdentity(tx.db, party.identityId), "keeper");
  if (handedOut === null || keeper.signingKey === null || vault.repositoryId === null) return refuse("no such drill");
  const snapshot = found(await findSnapshot(tx.db, run.deviceId, handedOut.snapshotId), "snapshot");
  const head = await lockChain(tx, handedOut.clientId);

  const { body } = certificate;
  const fault =
    (await findFault(certificate, {
      handedOut,
      keeper: { identityId: keeper.identityId, signingKey: keeper.signingKey },
      deviceId: run.deviceId,
      vaultId: vault.vaultId,
      repositoryId: vault.repositoryId,
      takenAt: snapshot.takenAt,
      chainHead: head?.bodySha256 ?? "",
    })) ?? resultFault(verdict, certificate);
  if (fault !== undefined) {
    const { code, cure } = serverErrors.certificateRefused;
    return { state: "failed", result: null, failure: { code, message: `The drill's certificate has ${fault}.`, cure } };
  }
  await insertCertificate(tx, {
    certificateId: body.certificateId,
    organisationId: run.organisationId,
    deviceId: run.deviceId,
    vaultId: vault.vaultId,
    runId: run.runId,
    snapshotId: body.snapshot.snapshotId,
    clientId: handedOut.clientId,
    position: (head?.position ?? 0) + 1,
    passed: body.result === "passed",
    certificate: json(certificate),
    bodySha256: await certificateHash(body),
    receivedAt: nowOf(services),
  });
  tx.announce({ about: "certificate", deviceId: run.deviceId, certificateId: body.certificateId });
  return verdict;
}

/** The run's result must say what the certificate says. */
function resultFault(verdict: Verdict, certificate: CertificateMessage): string | undefined {
  const { result, state } = verdict;
  const passed = certificate.body.result === "passed";
  if (state === "succeeded" && !passed) return "failed, unlike its run";
  if (result?.kind !== "drill") return undefined;
  if (result.certificateId !== certificate.body.certificateId) return "another id than its result";
  if (result.passed !== passed) return "another outcome than its result";
  return undefined;
}
