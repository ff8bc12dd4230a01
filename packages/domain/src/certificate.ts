import { canonicalJson } from "./canonical-json.ts";
import type { Objectives } from "./objectives.ts";

/**
 * The signed record of one restore drill: what was restored, how it compared, how long it took.
 * Insurers and auditors ask for date, systems, scope, RPO, RTO, result, who and notes; all are here.
 */
export interface CertificateBody {
  readonly format: "holdfast-drill-certificate-1";
  readonly certificateId: string;
  readonly issuedAt: string;
  /** The keeper that performed the drill. `publicKey` is its Ed25519 key, base64 of the 32 raw bytes. */
  readonly issuer: { readonly keeperId: string; readonly name: string; readonly publicKey: string };
  readonly client: { readonly organisationId: string; readonly name: string };
  readonly device: { readonly deviceId: string; readonly name: string };
  readonly vault: { readonly vaultId: string; readonly repositoryId: string };
  /** `tree` is the root of the hashes of everything the device read at backup time. */
  readonly snapshot: {
    readonly snapshotId: string;
    readonly takenAt: string;
    readonly tree: string;
  };
  readonly scope: {
    readonly paths: readonly string[];
    readonly files: number;
    readonly directories: number;
    readonly bytes: number;
  };
  readonly result: "passed" | "failed";
  /** Files and entries whose restored bytes or metadata are not what the device had; the first few by name. */
  readonly differences: { readonly count: number; readonly examples: readonly string[] };
  /** SHA-256 over the restored paths and content hashes, hex. */
  readonly restoredRootHash: string;
  readonly rpo: {
    readonly objectiveMinutes: Objectives["rpoMinutes"];
    readonly attainedSeconds: number;
  };
  readonly rto: {
    readonly objectiveMinutes: Objectives["rtoMinutes"];
    readonly attainedSeconds: number;
    readonly phasesMs: {
      readonly open: number;
      readonly restore: number;
      readonly compare: number;
    };
  };
  readonly notes: string;
  /** SHA-256 of this client's certificate before this one, hex; the empty string for the first. */
  readonly previousHash: string;
}

export interface Certificate {
  readonly body: CertificateBody;
  /** Ed25519 over `certificateBytes(body)`, base64. */
  readonly signature: string;
}

/** The bytes that are signed and chained: JSON with keys sorted and no spaces, in UTF-8. @see RFC 8785, without floats */
export function certificateBytes(body: CertificateBody): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(canonicalJson(body));
}
