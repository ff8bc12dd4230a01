import net from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { HoldfastError } from "@holdfast/base";
import { serverErrors } from "./errors.ts";

/** One of the two listeners. */
export interface ListenConfig {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** Chosen by somebody, so being taken is an error; a default that is taken is avoided. */
  readonly portChosen: boolean;
}

/** Everything that the control plane is told from outside. */
export interface ServerConfig {
  /** The installation's folder; the server keeps its own things in `server` below it. */
  readonly home: string;
  /** A PostgreSQL somewhere; absent: the embedded one below `home`. */
  readonly databaseUrl: string | undefined;
  readonly console: ListenConfig & {
    /** Host names, besides the loopback ones, that the console is reached by; or origins that a proxy in front shows. */
    readonly names: readonly string[];
    readonly tls: { readonly certFile: string; readonly keyFile: string } | undefined;
    /** The built console. */
    readonly dir: string;
  };
  /** `names`: host names or addresses by which agents and gateways reach this installation; in its certificates. */
  readonly agents: ListenConfig & { readonly names: readonly string[] };
  /** Where devices and keepers reach the gateway. */
  readonly gatewayUrl: string;
  /** The places that copies are kept at, in the order in which plans use them. */
  readonly copyPlaces: readonly string[];
  readonly logLevel: "debug" | "info" | "warn" | "error";
}

const defaultPorts = { console: 8600, agents: 8601 } as const;
const loopback = "127.0.0.1";
const logLevels = ["debug", "info", "warn", "error"] as const;

/** What the command line may say instead of the environment. */
export interface ServerOptions {
  readonly home?: string | undefined;
  readonly consolePort?: number | undefined;
  readonly agentPort?: number | undefined;
  readonly gatewayUrl?: string | undefined;
}

/**
 * Reads the settings; options win over the environment, the environment over the defaults.
 * @throws CONFIG_INVALID, LISTEN_UNSAFE
 */
export function readServerConfig(
  env: Readonly<Record<string, string | undefined>>,
  options: ServerOptions = {},
): ServerConfig {
  const config: ServerConfig = {
    home: path.resolve(options.home ?? env["HOLDFAST_HOME"] ?? ".holdfast"),
    databaseUrl: databaseUrl(env["DATABASE_URL"]),
    console: {
      host: env["HOLDFAST_CONSOLE_HOST"] ?? loopback,
      ...port("HOLDFAST_CONSOLE_PORT", options.consolePort, env, defaultPorts.console),
      names: list(env["HOLDFAST_CONSOLE_NAMES"]),
      tls: consoleTls(env["HOLDFAST_CONSOLE_CERT"], env["HOLDFAST_CONSOLE_KEY"]),
      dir: env["HOLDFAST_CONSOLE_DIR"] ?? fileURLToPath(new URL("../../console/dist", import.meta.url)),
    },
    agents: {
      host: env["HOLDFAST_AGENT_HOST"] ?? loopback,
      ...port("HOLDFAST_AGENT_PORT", options.agentPort, env, defaultPorts.agents),
      names: list(env["HOLDFAST_NAMES"]),
    },
    gatewayUrl: gatewayUrl(options.gatewayUrl ?? env["HOLDFAST_GATEWAY_URL"] ?? "https://127.0.0.1:8602"),
    copyPlaces: list(env["HOLDFAST_COPY_PLACES"] ?? "offsite"),
    logLevel: logLevel(env["HOLDFAST_LOG_LEVEL"] ?? "info"),
  };
  refuseUnsafeConsole(config);
  return config;
}

/**
 * A browser on another machine would send passwords in the clear.
 * @throws LISTEN_UNSAFE
 */
export function refuseUnsafeConsole(config: ServerConfig): void {
  if (config.console.tls !== undefined || isLoopback(config.console.host)) return;
  throw new HoldfastError(
    serverErrors.unsafeListen,
    `The console is to listen on ${config.console.host}, which others can reach, without a certificate.`,
  );
}

export function isLoopback(host: string): boolean {
  if (host === "localhost" || host === "::1") return true;
  return net.isIPv4(host) && host.startsWith("127.");
}

function port(
  setting: string,
  option: number | undefined,
  env: Readonly<Record<string, string | undefined>>,
  otherwise: number,
): { port: number; portChosen: boolean } {
  const said = option ?? env[setting];
  if (said === undefined || said === "") return { port: otherwise, portChosen: false };
  const value = Number(said);
  if (!Number.isInteger(value) || value < 0 || value > 65_535) throw invalid(setting, "a port from 0 to 65535");
  return { port: value, portChosen: true };
}

function databaseUrl(said: string | undefined): string | undefined {
  if (said === undefined || said === "") return undefined;
  if (!/^postgres(ql)?:$/.test(protocolOf(said))) throw invalid("DATABASE_URL", "postgres://user:password@host/name");
  return said;
}

function gatewayUrl(said: string): string {
  if (!/^https?:$/.test(protocolOf(said))) throw invalid("HOLDFAST_GATEWAY_URL", "an https address");
  return said.replace(/\/+$/, "");
}

function protocolOf(text: string): string {
  return URL.canParse(text) ? new URL(text).protocol : "";
}

function consoleTls(certFile: string | undefined, keyFile: string | undefined) {
  if (certFile === undefined && keyFile === undefined) return undefined;
  if (certFile !== undefined && keyFile !== undefined) return { certFile, keyFile };
  throw invalid("HOLDFAST_CONSOLE_CERT", "given together with HOLDFAST_CONSOLE_KEY");
}

function logLevel(said: string): ServerConfig["logLevel"] {
  const level = logLevels.find((known) => known === said);
  if (level === undefined) throw invalid("HOLDFAST_LOG_LEVEL", `one of ${logLevels.join(", ")}`);
  return level;
}

function list(said: string | undefined): string[] {
  return (said ?? "")
    .split(",")
    .map((item) => item.trim())
    .filter((item) => item !== "");
}

function invalid(setting: string, expected: string): HoldfastError {
  return new HoldfastError(serverErrors.badConfig, `${setting} must be ${expected}.`);
}
