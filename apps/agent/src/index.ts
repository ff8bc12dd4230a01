export { agentConfig, keeperConfig, type AgentConfig, type EnrolmentConfig, type KeeperConfig } from "./config.ts";
export { enrolAgent, type EnrolmentRequest } from "./enrol/enrol.ts";
export { enrolGateway, gatewayFiles, type GatewayEnrolment, type GatewayFiles } from "./enrol/enrol-gateway.ts";
export { agentErrors } from "./errors.ts";
export { recoverySheetFile } from "./jobs/recovery-sheet.ts";
export type { PartContext, RunningPart } from "./part.ts";
export type { Identity } from "./state/identity.ts";
export { partHome, type PartHome, type Role } from "./state/part-home.ts";
export { vaultPasswordFile } from "./state/vault-passwords.ts";
