import { createHash, createPublicKey, verify } from "node:crypto";
import { secondMs } from "@holdfast/base";
import { certificateBytes, type Certificate } from "@holdfast/domain";
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

/** The DER of an Ed25519 public key up to its 32 raw bytes. @see RFC 8410 section 4 */
const ed25519Prefix = Buffer.from("302a300506032b6570032100", "hex");

/** SHA-256 in hex of what is signed: how the next certificate of the client names this one. */
export function certificateHash(certificate: Certificate): string {
  return createHash("sha256").update(certificateBytes(certificate.body)).digest("hex");
}

/**
 * Whether a keeper's certificate is about the drill that it was given, continues the client's chain, and carries the
 * signature of the key that the keeper enrolled with.
 * @returns why not, or undefined when it is to be believed
 */
export function findFault(certificate: Certificate, expected: ExpectedDrill): string | undefined {
  const { body, signature } = certificate;
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
  const key = createPublicKey({
    key: Buffer.concat([ed25519Prefix, Buffer.from(keeper.signingKey, "base64")]),
    format: "der",
    type: "spki",
  });
  const signed = verify(null, certificateBytes(body), key, Buffer.from(signature, "base64"));
  return signed ? undefined : "a wrong signature";
}
