export type { Assessment } from "./assessment.ts";
export { canonicalJson } from "./canonical-json.ts";
export type { Objectives } from "./objectives.ts";
export { technologies, type PlanProposal, type PlanReason, type PlanSpec, type Technology } from "./plan.ts";
export { certificateBytes, type Certificate, type CertificateBody } from "./certificate.ts";
export { evaluateProtection, protectionStates, type ProtectionFacts, type ProtectionState } from "./protection.ts";
export {
  certificateHash,
  verifyCertificate,
  verifyCertificateChain,
  type CertificateTrust,
  type CertificateVerdict,
} from "./verify-certificate.ts";
export { domainErrors } from "./errors.ts";
export { proposePlan } from "./propose-plan.ts";
export {
  firstDrillAfterMs,
  nextBackupAtMs,
  nextDrillAtMs,
  retryAfterMs,
  retryAtMs,
  technologyAt,
  type History,
} from "./schedule.ts";
export { parseCalendarDuration, type CalendarDuration } from "./retention/calendar-duration.ts";
export {
  evaluateRetention,
  type Kept,
  type RetainedSnapshot,
  type RetentionContext,
  type RetentionOutcome,
} from "./retention/evaluate-retention.ts";
export { describePolicy, isEmptyPolicy, unlimited, type RetentionPolicy } from "./retention/retention-policy.ts";
export {
  defaultGrouping,
  groupSnapshots,
  parseGrouping,
  type GroupCriterion,
  type GroupKey,
  type SnapshotGroup,
} from "./retention/snapshot-groups.ts";
export { bucketKinds, type BucketKind } from "./retention/time-bucket.ts";
export type { ZonedInstant, ZoneOffset } from "./retention/zoned-instant.ts";
