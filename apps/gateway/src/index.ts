export type { ControlPlaneAccess } from "./access/control-plane.ts";
export type { AccessRequest, Grant, Grants } from "./access/grants.ts";
export { staticGrants, type StaticGrant } from "./access/static-grants.ts";
export { tokenSha256 } from "./access/token-hash.ts";
export { readGatewayConfig, type GatewayConfig, type GatewayOptions } from "./config.ts";
export { gatewayErrors } from "./errors.ts";
export { serveGateway, startGateway, type GatewayParts, type RunningGateway } from "./gateway.ts";
export type { ListenAddress, TlsIdentity } from "./listener.ts";
export { runGateway } from "./run-gateway.ts";
