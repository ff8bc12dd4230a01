import { HoldfastError, hourMs, secondMs } from "@holdfast/base";
import type { Job, RepositoryAccess } from "@holdfast/contract";
import type { Party } from "../authz/party.ts";
import { serverActor } from "../store/audit.ts";
import { findSnapshot, lockChain, newestSnapshot } from "../store/catalogue.ts";
import { findIdentity } from "../store/identities.ts";
import { organisationsAbove } from "../store/organisations.ts";
import { findPlan } from "../store/plans.ts";
import { isBusyWithVault, isChainBusy, lockRunIfFree, setEnded, setTaken, type RunRow } from "../store/runs.ts";
import type { Writer } from "../store/store.ts";
import type { HandedOut } from "../store/tables.ts";
import { findVault, insertGatewayToken, revokeGatewayTokens, type VaultRow } from "../store/vaults.ts";
import { repositoryUrl } from "./device-shape.ts";
import { sha256 } from "./enrolment.ts";
import { leaseSeconds } from "./leases.ts";
import { announceRun } from "./queue-run.ts";
import { found, freshId, nowOf, type Services } from "./services.ts";

/** A way into a repository lasts as long as a run, or so long at most when nobody says how the run ended. */
export const gatewayTokenMs = 24 * hourMs;

export type Handing =
  | { readonly outcome: "job"; readonly leaseId: string; readonly job: Job }
  | { readonly outcome: "refused"; readonly reason: string };

/** Hands a queued run to the party that it is for, with a lease, and with a token for its repository and no other. */
export function takeRun(services: Services, party: Party, runId: string): Promise<Handing> {
  return services.store.transact(party.scope, async (tx): Promise<Handing> => {
    const refused = (reason: string): Handing => {
      tx.unaudited("no change");
      return { outcome: "refused", reason };
    };
    const run = await lockRunIfFree(tx, runId);
    if (run === undefined || run.executorId !== party.identityId) return refused("no such run for this part");
    if (run.state !== "queued") return refused(`the run is ${run.state}`);
    if (await isBusyWithVault(tx, run)) return refused("another run on the same vault goes on");

    const prepared = await prepare(services, tx, party, run).catch(expectedFailure);
    if (prepared === undefined) return refused("another drill of the same client goes on");
    if (prepared instanceof HoldfastError) {
      await failUnprepared(services, tx, run, prepared);
      return { outcome: "refused", reason: prepared.message };
    }
    const leaseId = freshId(services);
    const startedAt = nowOf(services);
    await setTaken(tx, runId, {
      leaseId,
      leaseExpiresAt: new Date(startedAt.getTime() + leaseSeconds * secondMs),
      startedAt,
      handedOut: prepared.handedOut,
    });
    announceRun(tx, run);
    tx.audit({
      by: party.actor,
      action: "run.taken",
      subject: { kind: "run", id: runId },
      organisationId: run.organisationId,
      detail: { kind: run.kind, leaseId },
    });
    return { outcome: "job", leaseId, job: prepared.job };
  });
}

/** What cannot be prepared now never can: the run fails, instead of being offered again and again. */
async function failUnprepared(services: Services, tx: Writer, run: RunRow, why: HoldfastError): Promise<void> {
  const at = nowOf(services);
  const { code, message, cure } = why;
  await setEnded(tx, run.runId, { state: "failed", endedAt: at, result: null, failure: { code, message, cure } });
  await revokeGatewayTokens(tx, run.runId, at);
  announceRun(tx, run);
  tx.audit({
    by: serverActor,
    action: "run.failed",
    subject: { kind: "run", id: run.runId },
    organisationId: run.organisationId,
    detail: { kind: run.kind, deviceId: run.deviceId, code },
  });
}

function expectedFailure(error: unknown): HoldfastError {
  if (error instanceof HoldfastError) return error;
  throw error;
}

interface Prepared {
  readonly job: Job;
  readonly handedOut: HandedOut | null;
}

/** The job of a run; undefined when it must wait for another. */
async function prepare(services: Services, tx: Writer, party: Party, run: RunRow): Promise<Prepared | undefined> {
  const { ask } = run;
  if (ask.kind === "assess") return { job: { kind: "assess", paths: [...ask.paths] }, handedOut: null };
  const vault = found(await findVault(tx.db, found(run.vaultId, "vault")), "vault");
  switch (ask.kind) {
    case "prepare-vault": {
      const access = await openAccess(services, tx, party, run, { appendOnly: true });
      const { vaultId, name: vaultName, keeperSealingKey } = vault;
      return { job: { kind: "prepare-vault", vaultId, vaultName, access, keeperSealingKey }, handedOut: null };
    }
    case "backup": {
      const plan = found(await findPlan(tx.db, found(run.planId, "plan")), "plan");
      const access = await openAccess(services, tx, party, run, { appendOnly: true });
      const spec = { ...plan.spec, paths: [...plan.spec.paths], excludes: [...plan.spec.excludes] };
      const { vaultId } = vault;
      const job = { kind: "backup", vaultId, planId: plan.planId, technology: ask.technology, spec, access } as const;
      return { job, handedOut: null };
    }
    case "replicate": {
      const forKeeper = await vaultForKeeper(services, tx, party, run, vault);
      return { job: { kind: "replicate", ...forKeeper, place: ask.place }, handedOut: null };
    }
    case "drill":
      return prepareDrill(services, tx, party, run, vault, ask.snapshotId);
  }
}

async function prepareDrill(
  services: Services,
  tx: Writer,
  party: Party,
  run: RunRow,
  vault: VaultRow,
  snapshotId: string | undefined,
): Promise<Prepared | undefined> {
  const forKeeper = await vaultForKeeper(services, tx, party, run, vault);
  const plan = found(await findPlan(tx.db, found(run.planId, "plan")), "plan");
  const snapshot = found(
    snapshotId === undefined
      ? await newestSnapshot(tx.db, vault.vaultId)
      : await findSnapshot(tx.db, vault.deviceId, snapshotId),
    "snapshot",
  );
  const clientId = forKeeper.organisationId;
  const previous = await lockChain(tx, clientId);
  if (await isChainBusy(tx, clientId, run.runId)) return undefined;
  const handedOut = {
    snapshotId: snapshot.snapshotId,
    expectedTree: snapshot.tree,
    objectives: plan.spec.objectives,
    clientId,
    previousHash: previous?.bodySha256 ?? "",
  };
  const { expectedTree, objectives, previousHash } = handedOut;
  const job = { kind: "drill" as const, ...forKeeper, snapshotId: handedOut.snapshotId };
  return { job: { ...job, expectedTree, objectives, previousHash }, handedOut };
}

/** A vault as its keeper needs it. The client is the nearest organisation of that kind, whose chain certificates form. */
async function vaultForKeeper(services: Services, tx: Writer, party: Party, run: RunRow, vault: VaultRow) {
  const device = found(await findIdentity(tx.db, vault.deviceId), "device");
  const client = await clientOf(tx, vault.organisationId);
  return {
    organisationId: client.organisationId,
    organisationName: client.name,
    deviceId: device.identityId,
    deviceName: device.name,
    vaultId: vault.vaultId,
    access: await openAccess(services, tx, party, run, { appendOnly: false }),
    sealedPassword: found(vault.sealedPassword, "vault"),
  };
}

/** The client that an organisation belongs to or is. */
export async function clientOf(tx: Writer, organisationId: string): Promise<{ organisationId: string; name: string }> {
  const upwards = await organisationsAbove(tx.db, organisationId);
  return found(upwards.find((each) => each.kind === "client") ?? upwards[0], "organisation");
}

/** A fresh token for the run's repository. The token itself is in the job and nowhere else; the store has its hash. */
export async function openAccess(
  services: Services,
  tx: Writer,
  party: Party,
  run: {
    readonly runId: string | null;
    readonly organisationId: string;
    readonly deviceId: string;
    vaultId: string | null;
  },
  options: { readonly appendOnly: boolean; readonly lastsMs?: number },
): Promise<RepositoryAccess> {
  const vaultId = found(run.vaultId, "vault");
  const token = Buffer.from(services.random.bytes(32)).toString("base64url");
  const createdAt = nowOf(services);
  await insertGatewayToken(tx, {
    tokenSha256: sha256(token),
    organisationId: run.organisationId,
    deviceId: run.deviceId,
    vaultId,
    runId: run.runId,
    identityId: party.identityId,
    appendOnly: options.appendOnly,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + (options.lastsMs ?? gatewayTokenMs)),
  });
  const { caPem } = services.authority;
  return { url: repositoryUrl(services, vaultId), user: party.identityId, token, caPem };
}
