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
