import { secondMs } from "@holdfast/base";
import { verifyCertificate, type Certificate } from "@holdfast/domain";
import type { HandedOut } from "../store/tables.ts";

/** What a drill's certificate is compared with; all of it known before the keeper began. */
export interface ExpectedDrill {
  readonly handedOut: HandedOut;
  readonly keeper: { readonly identityId: string; readonly signingKey: string };
  readonly deviceId: string;
  readonly vaultId: string;
  readonly repositoryId: string;
  /** When the device said that the snapshot was taken. */
  readonly takenAt: Date;
  /** Hash of the last certificate of the client's chain as it is now. */
  readonly chainHead: string;
}

/**
 * Whether a keeper's certificate is about the drill that it was given, continues the client's chain, and carries the
 * signature of the key that the keeper enrolled with.
 * @returns why not, or undefined when it is to be believed
 */
export async function findFault(certificate: Certificate, expected: ExpectedDrill): Promise<string | undefined> {
  const { body } = certificate;
  const { handedOut, keeper } = expected;
  const { objectives } = handedOut;
  const same: [string, unknown, unknown][] = [
    ["keeper", body.issuer.keeperId, keeper.identityId],
    ["key", body.issuer.publicKey, keeper.signingKey],
    ["client", body.client.organisationId, handedOut.clientId],
    ["device", body.device.deviceId, expected.deviceId],
    ["vault", body.vault.vaultId, expected.vaultId],
    ["repository", body.vault.repositoryId, expected.repositoryId],
    ["snapshot", body.snapshot.snapshotId, handedOut.snapshotId],
    ["RPO objective", body.rpo.objectiveMinutes, objectives.rpoMinutes],
    ["RTO objective", body.rto.objectiveMinutes, objectives.rtoMinutes],
    ["chain", body.previousHash, handedOut.previousHash],
    ["chain", body.previousHash, expected.chainHead],
  ];
  const differing = same.find(([, said, meant]) => said !== meant);
  if (differing !== undefined) return `another ${differing[0]}`;
  // A drill may find another tree than the device reported, but then it cannot have passed.
  if (body.result === "passed") {
    if (body.snapshot.tree !== handedOut.expectedTree) return "passed with another tree";
    if (body.differences.count > 0) return "passed with differences";
  }
  // Repositories keep nanoseconds and a time zone, the report kept milliseconds.
  if (Math.abs(Date.parse(body.snapshot.takenAt) - expected.takenAt.getTime()) > secondMs) return "another time";
  const verdict = await verifyCertificate(certificate, { issuers: [keeper.signingKey] });
  return verdict.valid ? undefined : `a wrong ${verdict.fault}`;
}
