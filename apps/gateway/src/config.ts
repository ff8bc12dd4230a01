import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { HoldfastError, messageOf } from "@holdfast/base";
import type { ControlPlaneAccess } from "./access/control-plane.ts";
import type { StaticGrant } from "./access/static-grants.ts";
import { gatewayErrors } from "./errors.ts";
import type { ListenAddress, TlsIdentity } from "./listener.ts";
import { logLevels, type LogLevel } from "./log.ts";

/** Everything that the gateway is told from outside. Certificates and keys are PEM texts. */
export interface GatewayConfig {
  /** The folder that repositories lie in. */
  readonly path: string;
  readonly listen: ListenAddress;
  readonly tls: TlsIdentity | undefined;
  readonly access:
    | ({ readonly kind: "control-plane" } & ControlPlaneAccess)
    | { readonly kind: "static"; readonly grants: readonly StaticGrant[] }
    /** Everybody may do everything; only on loopback. */
    | { readonly kind: "open" };
  readonly logLevel: LogLevel;
}

/** What the command line may say instead of the environment. */
export interface GatewayOptions {
  readonly home?: string | undefined;
  readonly path?: string | undefined;
  /** `host:port`, or `:port`. */
  readonly listen?: string | undefined;
  readonly noAuth?: boolean | undefined;
  readonly serverUrl?: string | undefined;
  readonly certificateFile?: string | undefined;
  readonly keyFile?: string | undefined;
  readonly caFile?: string | undefined;
}

const defaultListen = "127.0.0.1:8602";

/**
 * Reads the settings; options win over the environment. Without `noAuth` the gateway asks the control plane, and its
 * one certificate serves both ways: as a server to devices, and as the gateway's identity to the control plane.
 *
 * HOLDFAST_HOME (default `~/.holdfast`), HOLDFAST_GATEWAY_PATH (default `repositories` below home),
 * HOLDFAST_GATEWAY_LISTEN, HOLDFAST_SERVER_URL, HOLDFAST_GATEWAY_CERT, HOLDFAST_GATEWAY_KEY, HOLDFAST_CA (files), HOLDFAST_LOG_LEVEL.
 *
 * @throws GATEWAY_BAD_CONFIG
 */
export async function readGatewayConfig(
  env: Readonly<Record<string, string | undefined>>,
  options: GatewayOptions = {},
): Promise<GatewayConfig> {
  const home = resolve(options.home ?? env["HOLDFAST_HOME"] ?? join(homedir(), ".holdfast"));
  const certificateFile = options.certificateFile ?? env["HOLDFAST_GATEWAY_CERT"];
  const keyFile = options.keyFile ?? env["HOLDFAST_GATEWAY_KEY"];
  const isOpen = options.noAuth === true;
  const needsTls = !isOpen || certificateFile !== undefined || keyFile !== undefined;
  const tls = needsTls
    ? {
        certificatePem: await pem("HOLDFAST_GATEWAY_CERT", certificateFile),
        keyPem: await pem("HOLDFAST_GATEWAY_KEY", keyFile),
      }
    : undefined;
  return {
    path: resolve(options.path ?? env["HOLDFAST_GATEWAY_PATH"] ?? join(home, "repositories")),
    listen: parseListen(options.listen ?? env["HOLDFAST_GATEWAY_LISTEN"] ?? defaultListen),
    tls,
    access:
      isOpen || tls === undefined
        ? { kind: "open" }
        : {
            kind: "control-plane",
            serverUrl: httpsOrigin(options.serverUrl ?? env["HOLDFAST_SERVER_URL"]),
            caPem: await pem("HOLDFAST_CA", options.caFile ?? env["HOLDFAST_CA"]),
            ...tls,
          },
    logLevel: logLevel(env["HOLDFAST_LOG_LEVEL"] ?? "info"),
  };
}

async function pem(setting: string, file: string | undefined): Promise<string> {
  if (file === undefined || file === "") throw bad(`${setting} must name a PEM file.`);
  try {
    return await readFile(file, "utf8");
  } catch (error) {
    throw bad(`${setting}: ${messageOf(error)}`);
  }
}

function parseListen(text: string): ListenAddress {
  const parsed = /^(?:\[([0-9a-fA-F:]+)\]|([^:\s]*)):(\d{1,5})$/.exec(text);
  const port = Number(parsed?.[3]);
  if (parsed === null || port > 65_535) throw bad(`"${text}" is no address to listen on; write host:port.`);
  return { host: parsed[1] ?? (parsed[2] || "0.0.0.0"), port };
}

function httpsOrigin(text: string | undefined): string {
  if (text === undefined || !URL.canParse(text)) throw bad("HOLDFAST_SERVER_URL must be https://host:port.");
  const url = new URL(text);
  if (url.protocol !== "https:" || url.username !== "" || url.password !== "") {
    throw bad("HOLDFAST_SERVER_URL must be https://host:port, without user name or password.");
  }
  return url.origin;
}

function logLevel(text: string): LogLevel {
  const level = logLevels.find((one) => one === text);
  if (level === undefined) throw bad(`HOLDFAST_LOG_LEVEL is one of ${logLevels.join(", ")}.`);
  return level;
}

function bad(message: string): HoldfastError {
  return new HoldfastError(gatewayErrors.badConfig, message);
}
