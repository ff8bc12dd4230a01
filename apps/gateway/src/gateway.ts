import { mkdir } from "node:fs/promises";
import { HoldfastError, messageOf, systemClock, type Clock, type Log } from "@holdfast/base";
import type { Storage } from "@holdfast/storage";
import { controlPlaneGrants } from "./access/control-plane-grants.ts";
import { controlPlane } from "./access/control-plane.ts";
import { openGrants, type Grants } from "./access/grants.ts";
import { staticGrants } from "./access/static-grants.ts";
import type { GatewayConfig } from "./config.ts";
import { gatewayErrors } from "./errors.ts";
import { requestHandler } from "./http/handler.ts";
import { isLoopback, listen, type ListenAddress, type TlsIdentity } from "./listener.ts";
import { standardErrorLog } from "./log.ts";
import { localRepositories } from "./repositories.ts";

export interface RunningGateway {
  /** `https://host:port`; a repository is at `<url>/<repository>/`. */
  readonly url: string;
  /** Lets running requests end for up to 10 s. */
  close(): Promise<void>;
}

/**
 * Starts a gateway as configured. @throws GATEWAY_UNSAFE_LISTEN, GATEWAY_PORT_TAKEN, GATEWAY_CANNOT_LISTEN, GATEWAY_BAD_CONFIG
 */
export async function startGateway(
  config: GatewayConfig,
  parts: { readonly clock?: Clock; readonly log?: Log } = {},
): Promise<RunningGateway> {
  const { clock = systemClock, log = standardErrorLog(config.logLevel) } = parts;
  refuseUnsafeListen(config);
  try {
    await mkdir(config.path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new HoldfastError(gatewayErrors.badConfig, `The repositories' folder cannot be made: ${messageOf(error)}`);
  }
  return serveGateway({
    storageOf: localRepositories(config.path, log),
    grants: grantsOf(config, clock, log),
    listen: config.listen,
    tls: config.tls,
    clock,
    log,
  });
}

export interface GatewayParts {
  /** The storage behind a repository; `repository` is one or two checked folder names. */
  readonly storageOf: (repository: string) => Storage;
  readonly grants: Grants;
  readonly listen: ListenAddress;
  readonly tls: TlsIdentity | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/** A gateway made of any parts: other storages, other grants. */
export async function serveGateway(parts: GatewayParts): Promise<RunningGateway> {
  const listener = await listen(requestHandler(parts), parts.listen, parts.tls, parts.clock);
  parts.log.info("serving repositories", { url: listener.url });
  return {
    url: listener.url,
    async close() {
      await listener.close();
      parts.grants.close();
      parts.log.info("stopped");
    },
  };
}

function grantsOf({ access }: GatewayConfig, clock: Clock, log: Log): Grants {
  switch (access.kind) {
    case "control-plane":
      return controlPlaneGrants(controlPlane(access), { clock, log });
    case "static":
      return staticGrants(access.grants);
    case "open":
      return openGrants;
  }
}

function refuseUnsafeListen({ access, listen: { host }, tls }: GatewayConfig): void {
  if (isLoopback(host) || (access.kind !== "open" && tls !== undefined)) return;
  const lack = access.kind === "open" ? "asking for a token" : "TLS";
  throw new HoldfastError(gatewayErrors.unsafeListen, `The gateway would listen on ${host} without ${lack}.`);
}
