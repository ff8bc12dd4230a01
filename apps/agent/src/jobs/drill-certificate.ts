import { createHash, sign } from "node:crypto";
import { join } from "node:path";
import { newId, secondMs } from "@holdfast/base";
import type { certificate } from "@holdfast/contract";
import { certificateBytes } from "@holdfast/domain";
import type { z } from "zod";
import type { JobOf, RunContext } from "../runs/run-context.ts";
import { writeDurably } from "../state/durable-file.ts";
import type { Identity } from "../state/identity.ts";
import { rawPublicKey } from "../state/key-file.ts";
import type { PartHome } from "../state/part-home.ts";
import { ensurePrivateFolder } from "../state/private-folder.ts";
import { takenAtMs, type Finding } from "./drill-finding.ts";
import type { VaultOpener } from "./open-vault.ts";

/** The keeper that drills, and signs for it. */
export interface Driller extends VaultOpener {
  readonly identity: Identity;
}

export type DrillCertificate = z.infer<typeof certificate>;

const pathsMax = 100;
const pathLengthMax = 4096;
const notesLengthMax = 4000;

/**
 * Says what a drill found, passed or failed, and signs it with the keeper's Ed25519 key. Times are rounded up to whole
 * seconds: what is attained is never better than what was measured.
 * @see packages/domain/src/verify-certificate.ts
 */
export function issueCertificate(
  { keys, identity }: Driller,
  job: JobOf<"drill">,
  finding: Finding,
  run: RunContext,
): DrillCertificate {
  const { snapshot, comparison, differences, phasesMs, fault } = finding;
  const body: DrillCertificate["body"] = {
    format: "holdfast-drill-certificate-1",
    certificateId: newId(run.clock, run.random),
    issuedAt: new Date(run.clock.nowMs()).toISOString(),
    issuer: {
      keeperId: identity.identityId,
      name: identity.name,
      publicKey: rawPublicKey(keys.signing).toString("base64"),
    },
    client: { organisationId: job.organisationId, name: job.organisationName },
    device: { deviceId: job.deviceId, name: job.deviceName },
    vault: { vaultId: job.vaultId, repositoryId: finding.repositoryId },
    snapshot: {
      snapshotId: snapshot.id,
      takenAt: new Date(takenAtMs(snapshot)).toISOString(),
      tree: snapshot.tree,
    },
    scope: {
      paths: snapshot.paths.slice(0, pathsMax).map((path) => path.slice(0, pathLengthMax)),
      files: comparison?.files ?? 0,
      directories: comparison?.directories ?? 0,
      bytes: comparison?.bytes ?? 0,
    },
    result: fault === undefined && differences.count === 0 ? "passed" : "failed",
    differences: { ...differences },
    restoredRootHash: comparison?.rootHash ?? createHash("sha256").digest("hex"),
    rpo: { objectiveMinutes: job.objectives.rpoMinutes, attainedSeconds: Math.ceil(finding.ageMs / secondMs) },
    rto: {
      objectiveMinutes: job.objectives.rtoMinutes,
      attainedSeconds: Math.ceil((phasesMs.open + phasesMs.restore + phasesMs.compare) / secondMs),
      phasesMs: { ...phasesMs },
    },
    notes: fault === undefined ? "" : `${fault.code}: ${fault.message}`.slice(0, notesLengthMax),
    previousHash: job.previousHash,
  };
  return { body, signature: sign(null, certificateBytes(body), keys.signing).toString("base64") };
}

/**
 * Keeps a certificate on the keeper, so that it exists whatever becomes of the server.
 * @returns `<home>/certificates/<id>.json`
 * @throws AGENT_HOME_UNUSABLE
 */
export async function keepCertificate(home: PartHome, issued: DrillCertificate): Promise<string> {
  await ensurePrivateFolder(home.certificatesFolder);
  const path = certificateFile(home, issued.body.certificateId);
  await writeDurably(path, `${JSON.stringify(issued, undefined, 2)}\n`);
  return path;
}

/** Where a keeper keeps the certificate of this id. */
export function certificateFile(home: PartHome, certificateId: string): string {
  return join(home.certificatesFolder, `${certificateId}.json`);
}
