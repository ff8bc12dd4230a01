import type { ColumnType, Generated } from "kysely";
import type {
  IdentityKind,
  Inventory,
  Organisation,
  RunKind,
  RunProgress,
  RunResult,
  RunState,
} from "@holdfast/contract";
import type { Assessment, Certificate, Objectives, PlanProposal, PlanSpec, Technology } from "@holdfast/domain";

/** A value kept as JSON: read as it is, written as text that `json()` makes. */
type Json<T> = ColumnType<T, string, string>;
type JsonOrNull<T> = ColumnType<T | null, string | null | undefined, string | null>;
/** May be left out when a row is made. */
type Nullable<T> = ColumnType<T | null, T | null | undefined, T | null>;

export interface OrganisationTable {
  organisationId: string;
  parentId: string | null;
  kind: Organisation["kind"];
  name: string;
  createdAt: Date;
}

/** Every pair of an organisation and one at or below it. */
interface OrganisationReachTable {
  ancestorId: string;
  descendantId: string;
}

/** A device, keeper or gateway: whoever holds the key of one certificate. A device's id is its identity's. */
export interface IdentityTable {
  identityId: string;
  organisationId: string;
  kind: IdentityKind;
  name: string;
  enrolmentTokenId: string;
  publicKeySha256: string;
  certificateSha256: string;
  certificateExpiresAt: Date;
  /** Keepers only: X25519 for sealing vault passwords, Ed25519 for certificates; base64. */
  sealingKey: Nullable<string>;
  signingKey: Nullable<string>;
  enrolledAt: Date;
  revokedAt: Nullable<Date>;
  inventory: JsonOrNull<Inventory>;
  capabilities: Json<readonly string[]>;
  lastSeenAt: Nullable<Date>;
  /** The open channel, if any; a new channel replaces the one before. */
  connectionId: Nullable<string>;
}

export interface EnrolmentTokenTable {
  enrolmentTokenId: string;
  organisationId: string;
  kind: IdentityKind;
  tokenSha256: string;
  createdAt: Date;
  expiresAt: Date;
  usesLeft: number;
}

export interface VaultTable {
  vaultId: string;
  organisationId: string;
  deviceId: string;
  name: string;
  createdAt: Date;
  /** The keeper whose key the password is sealed to; nobody else can work on this vault. */
  keeperId: string;
  keeperSealingKey: string;
  sealedPassword: Nullable<string>;
  repositoryId: Nullable<string>;
  readyAt: Nullable<Date>;
}

export interface GatewayTokenTable {
  tokenSha256: string;
  organisationId: string;
  deviceId: string;
  vaultId: string;
  runId: Nullable<string>;
  identityId: string;
  appendOnly: boolean;
  createdAt: Date;
  expiresAt: Date;
  revokedAt: Nullable<Date>;
}

export interface PlanTable {
  planId: string;
  organisationId: string;
  deviceId: string;
  vaultId: string;
  name: string;
  spec: Json<PlanSpec>;
  reasons: Json<PlanProposal["reasons"]>;
  expected: Json<PlanProposal["expected"]>;
  boundAt: Date;
  replacedAt: Nullable<Date>;
}

/** What a run was asked to do, beyond what its plan and vault say. */
export type RunAsk =
  | { readonly kind: "assess"; readonly paths: readonly string[] }
  | { readonly kind: "prepare-vault" }
  | { readonly kind: "backup"; readonly technology: Technology }
  | { readonly kind: "replicate"; readonly place: string }
  | { readonly kind: "drill"; readonly snapshotId?: string };

/** What a drill was handed out with, to compare its certificate with. */
export interface HandedOut {
  readonly snapshotId: string;
  readonly expectedTree: string;
  readonly objectives: Objectives;
  readonly clientId: string;
  readonly previousHash: string;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly cure: string;
}

export interface RunTable {
  runId: string;
  organisationId: string;
  deviceId: string;
  vaultId: string | null;
  planId: string | null;
  kind: RunKind;
  state: RunState;
  /** The identity that is to do it: the device itself, or the keeper of its vault. */
  executorId: string;
  ask: Json<RunAsk>;
  requestedBy: string;
  queuedAt: Date;
  startedAt: Nullable<Date>;
  endedAt: Nullable<Date>;
  progress: JsonOrNull<RunProgress>;
  result: JsonOrNull<RunResult>;
  failure: JsonOrNull<Failure>;
  handedOut: JsonOrNull<HandedOut>;
  /** Names the latest handing-out; kept when the run is over, so that a repeated report is recognised. */
  leaseId: Nullable<string>;
  leaseExpiresAt: Nullable<Date>;
  timesTaken: Generated<number>;
  cancelRequestedAt: Nullable<Date>;
  logLines: Generated<number>;
}

export interface RunLogLineTable {
  lineId: Generated<number>;
  runId: string;
  organisationId: string;
  deviceId: string;
  at: Date;
  level: "info" | "warning" | "error";
  text: string;
}

export interface SnapshotTable {
  vaultId: string;
  snapshotId: string;
  organisationId: string;
  deviceId: string;
  planId: string | null;
  runId: string;
  takenAt: Date;
  tree: string;
  technology: Technology;
  paths: Json<readonly string[]>;
  totalFiles: number;
  totalBytes: number;
  addedBytes: number;
  storedBytes: number;
  complete: boolean;
}

export interface CopyTable {
  vaultId: string;
  place: string;
  snapshotId: string;
  organisationId: string;
  deviceId: string;
  copySnapshotId: string;
  runId: string;
  copiedAt: Date;
}

export interface AssessmentTable {
  assessmentId: string;
  organisationId: string;
  deviceId: string;
  runId: string;
  /** The paths in order, one per line: what a proposal looks its assessment up by. */
  pathsKey: string;
  assessment: Json<Assessment>;
  receivedAt: Date;
}

export interface CertificateTable {
  certificateId: string;
  organisationId: string;
  deviceId: string;
  vaultId: string;
  runId: string;
  snapshotId: string;
  /** The client whose chain of certificates this continues. */
  clientId: string;
  position: number;
  passed: boolean;
  certificate: Json<Certificate>;
  /** SHA-256 of the signed bytes, which the next certificate of the client names. */
  bodySha256: string;
  receivedAt: Date;
}

/** Who may do what where; without an organisation, at the provider. */
export interface RoleGrantTable {
  userId: string;
  organisationId: string | null;
  role: "provider-administrator";
  grantedAt: Date;
}

export interface AuditLogTable {
  seq: number;
  at: Date;
  actorKind: string;
  actorId: string;
  actorName: string;
  action: string;
  subjectKind: string;
  subjectId: string;
  organisationId: string | null;
  detail: Json<AuditDetail>;
  previousHash: string;
  hash: string;
}

/** Plain facts of an audit entry; never a secret, never a name from inside a client's data. */
export type AuditDetail = Readonly<Record<string, string | number | boolean | null>>;

interface AuditHeadTable {
  one: boolean;
  seq: number;
  hash: string;
}

export interface Tables {
  organisations: OrganisationTable;
  organisationReach: OrganisationReachTable;
  identities: IdentityTable;
  enrolmentTokens: EnrolmentTokenTable;
  vaults: VaultTable;
  gatewayTokens: GatewayTokenTable;
  plans: PlanTable;
  runs: RunTable;
  runLogLines: RunLogLineTable;
  snapshots: SnapshotTable;
  copies: CopyTable;
  assessments: AssessmentTable;
  certificates: CertificateTable;
  roleGrants: RoleGrantTable;
  auditLog: AuditLogTable;
  auditHead: AuditHeadTable;
}

/** A value for a JSON column. */
export function json(value: unknown): string {
  return JSON.stringify(value);
}
