import { createHash, sign } from "node:crypto";
import type { Job, MessageFromAgent } from "@holdfast/contract";
import { certificateBytes, type CertificateBody } from "@holdfast/domain";
import { takeRun } from "../app/hand-out.ts";
import { finishRun } from "../app/finish-run.ts";
import { hearHolder } from "../app/held-run.ts";
import { bindPlan, proposePlan } from "../app/plans.ts";
import { createRun } from "../app/runs.ts";
import { freshId, type Services } from "../app/services.ts";
import { createVault } from "../app/vaults.ts";
import { installationCaller, type Caller } from "../authz/caller.ts";
import type { Party } from "../authz/party.ts";
import { enrolPart, greet, type Enrolled } from "./parties.ts";

type Finished = Extract<MessageFromAgent, { type: "finished" }>;
type Report = Omit<Finished, "type" | "runId" | "leaseId">;
type JobOf<Kind extends Job["kind"]> = Extract<Job, { kind: Kind }>;

const repositoryId = createHash("sha256").update("repository").digest("hex");
export const testPaths = ["/srv/data"];

/** A SHA-256 of some words: ids of snapshots and trees that tests can tell apart. */
export function hashOf(words: string): string {
  return createHash("sha256").update(words).digest("hex");
}

/** Takes a run as `party` and returns the job and its lease. */
export async function take<Kind extends Job["kind"]>(
  services: Services,
  party: Party,
  runId: string,
  kind: Kind,
): Promise<{ leaseId: string; job: JobOf<Kind> }> {
  const handing = await takeRun(services, party, runId);
  if (handing.outcome === "refused") throw new Error(`the run was refused: ${handing.reason}`);
  if (handing.job.kind !== kind) throw new Error(`a ${handing.job.kind} was handed out`);
  return { leaseId: handing.leaseId, job: handing.job as JobOf<Kind> };
}

/** Reports how a run ended. */
export function report(services: Services, party: Party, runId: string, leaseId: string, said: Report) {
  return finishRun(services, party, { type: "finished", runId, leaseId, ...said });
}

export const testAssessment = (paths: readonly string[] = testPaths) => ({
  paths: [...paths],
  measuredAtMs: 1,
  files: 2000,
  directories: 100,
  otherEntries: 3,
  bytes: 500_000_000,
  largestFileBytes: 9_000_000,
  unreadable: 0,
  changedBytes: { day: 1_000_000, week: 5_000_000, month: 20_000_000 },
  sample: { bytes: 60_000_000, compressionRatio: 0.5, uniqueRatio: 0.9, bytesPerSecond: 80_000_000 },
});

export function backupReport(words: string, technology: "full" | "incremental", takenAt: string): Report {
  return {
    outcome: "succeeded",
    failure: null,
    result: {
      kind: "backup",
      snapshotId: hashOf(words),
      tree: hashOf(`tree of ${words}`),
      parent: null,
      takenAt,
      technology,
      filesNew: 2000,
      filesChanged: 0,
      filesUnmodified: 0,
      totalFiles: 2000,
      totalBytes: 500_000_000,
      addedBytes: 450_000_000,
      storedBytes: 225_000_000,
      unread: [],
      unreadCount: 0,
    },
  };
}

/** A drill's certificate as an honest keeper would write it; `alter` makes it another before it is signed. */
export function drillReport(
  services: Services,
  keeper: Enrolled,
  job: JobOf<"drill">,
  takenAt: string,
  alter: (body: CertificateBody) => CertificateBody = (body) => body,
): Report {
  const { objectives } = job;
  const signingKey = keeper.keeperSigningKey!;
  const { x = "" } = signingKey.export({ format: "jwk" });
  const publicKey = Buffer.from(x, "base64url").toString("base64");
  const body = alter({
    format: "holdfast-drill-certificate-1",
    certificateId: freshId(services),
    issuedAt: new Date(services.clock.nowMs()).toISOString(),
    issuer: { keeperId: keeper.identityId, name: keeper.name, publicKey },
    client: { organisationId: job.organisationId, name: job.organisationName },
    device: { deviceId: job.deviceId, name: job.deviceName },
    vault: { vaultId: job.vaultId, repositoryId },
    snapshot: { snapshotId: job.snapshotId, takenAt, tree: job.expectedTree },
    scope: { paths: testPaths, files: 2000, directories: 100, bytes: 500_000_000 },
    result: "passed",
    differences: { count: 0, examples: [] },
    restoredRootHash: hashOf("restored"),
    rpo: { objectiveMinutes: objectives.rpoMinutes, attainedSeconds: 60 },
    rto: {
      objectiveMinutes: objectives.rtoMinutes,
      attainedSeconds: 9,
      phasesMs: { open: 500, restore: 7000, compare: 1500 },
    },
    notes: "",
    previousHash: job.previousHash,
  });
  const signature = sign(null, certificateBytes(body), signingKey).toString("base64");
  const passed = body.result === "passed";
  const { certificateId, snapshot, scope, differences, rpo, rto } = body;
  return {
    outcome: passed ? "succeeded" : "failed",
    failure: passed ? null : { code: "DRILL_FAILED", message: "entries differ", cure: "look into it" },
    result: {
      kind: "drill",
      certificateId,
      passed,
      snapshotId: snapshot.snapshotId,
      files: scope.files,
      bytes: scope.bytes,
      differences: differences.count,
      rpoSeconds: rpo.attainedSeconds,
      rtoSeconds: rto.attainedSeconds,
    },
    certificate: { body: body as NonNullable<Finished["certificate"]>["body"], signature },
  };
}

/** A vault made ready by its device. */
export async function readyVault(services: Services, device: Party, caller: Caller = installationCaller) {
  const { vault, run } = await createVault(services, caller, device.identityId, { name: "Main" });
  const { leaseId, job } = await take(services, device, run.runId, "prepare-vault");
  const sealedPassword = Buffer.from("sealed, for all the server knows").toString("base64");
  const result = { kind: "prepare-vault" as const, repositoryId };
  await report(services, device, run.runId, leaseId, { outcome: "succeeded", failure: null, result, sealedPassword });
  return { vaultId: vault.vaultId, runId: run.runId, access: job.access };
}

/** A plan from an assessment, bound. */
export async function boundPlan(services: Services, device: Party, vaultId: string) {
  const asked = { kind: "assess" as const, paths: testPaths };
  const { runId } = await createRun(services, installationCaller, device.identityId, asked);
  const { leaseId } = await take(services, device, runId, "assess");
  const result = { kind: "assess" as const, assessment: testAssessment() };
  await report(services, device, runId, leaseId, { outcome: "succeeded", failure: null, result });
  const proposal = await proposePlan(services, installationCaller, device.identityId, {
    objectives: { rpoMinutes: 24 * 60, rtoMinutes: 4 * 60 },
    paths: testPaths,
  });
  return bindPlan(services, installationCaller, device.identityId, { name: "Plan", vaultId, proposal });
}

/** Everything that there can be of a device: vault, plan, a backup, its copy, a drill and its certificate. */
export async function protectedDevice(services: Services, keeper: Enrolled, organisationId: string, name: string) {
  const device = await enrolPart(services, "device", organisationId, name);
  await greet(services, device, ["assess", "prepare-vault", "backup"]);
  const { identityId: deviceId } = device;
  const { vaultId } = await readyVault(services, device);
  const plan = await boundPlan(services, device, vaultId);
  const { planId } = plan;
  const takenAt = new Date(services.clock.nowMs()).toISOString();

  const asked = { kind: "backup" as const, planId, technology: "full" as const };
  const backup = await createRun(services, installationCaller, deviceId, asked);
  const taken = await take(services, device, backup.runId, "backup");
  const lines = [{ at: new Date(services.clock.nowMs()), level: "info" as const, text: `reading ${name}` }];
  await hearHolder(services, device, { runId: backup.runId, leaseId: taken.leaseId }, { lines });
  await report(services, device, backup.runId, taken.leaseId, backupReport(`${name} 1`, "full", takenAt));
  const snapshotId = hashOf(`${name} 1`);

  const copy = await createRun(services, installationCaller, deviceId, { kind: "replicate", planId });
  const copying = await take(services, keeper, copy.runId, "replicate");
  await report(services, keeper, copy.runId, copying.leaseId, {
    outcome: "succeeded",
    failure: null,
    result: {
      kind: "replicate",
      place: copying.job.place,
      copied: [{ from: snapshotId, to: hashOf(`copy of ${name} 1`) }],
      alreadyThere: 0,
      blobs: 10,
      bytes: 1000,
    },
  });

  const drill = await createRun(services, installationCaller, deviceId, { kind: "drill", planId });
  const drilling = await take(services, keeper, drill.runId, "drill");
  const said = drillReport(services, keeper, drilling.job, takenAt);
  await report(services, keeper, drill.runId, drilling.leaseId, said);
  const certificateId = said.certificate!.body.certificateId;
  return { device, deviceId, vaultId, planId, snapshotId, certificateId, runId: backup.runId, plan };
}
