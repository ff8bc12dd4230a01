import { homedir, hostname } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { HoldfastError } from "@holdfast/base";
import { agentErrors } from "./errors.ts";
import { logLevels, type LogLevel } from "./log.ts";

/** How a part becomes known to its installation; only looked at while it is not enrolled. */
export interface EnrolmentConfig {
  readonly serverUrl: string;
  readonly token: string;
  readonly caFingerprint: string;
  /** What people call this machine. */
  readonly name: string;
}

interface PartConfig {
  /** Shared by the parts of this machine; this one keeps to a folder below. */
  readonly home: string;
  readonly logLevel: LogLevel;
  readonly enrolment: EnrolmentConfig | undefined;
}

export interface AgentConfig extends PartConfig {
  /** Folders and files that may be assessed and backed up, with what is below; undefined for all that this user can read. */
  readonly allow: readonly string[] | undefined;
}

export interface KeeperConfig extends PartConfig {
  /** Where copies go: the folder of each place by its name. Jobs name a place, never a path. */
  readonly places: Readonly<Record<string, string>>;
}

/** Environment variables, by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * HOLDFAST_HOME (default `~/.holdfast`), HOLDFAST_LOG_LEVEL, HOLDFAST_ALLOW (absolute paths, separated as in PATH),
 * and for the first start HOLDFAST_SERVER_URL, HOLDFAST_ENROLMENT_TOKEN, HOLDFAST_CA_FINGERPRINT, HOLDFAST_NAME.
 *
 * @throws AGENT_BAD_CONFIGURATION
 */
export function agentConfig(environment: Environment = process.env): AgentConfig {
  const allow = environment["HOLDFAST_ALLOW"];
  return { ...partConfig(environment), allow: allow === undefined ? undefined : pathsOf(allow) };
}

/** As `agentConfig`, with HOLDFAST_PLACES (`name=folder`, separated as in PATH) instead of HOLDFAST_ALLOW. */
export function keeperConfig(environment: Environment = process.env): KeeperConfig {
  return { ...partConfig(environment), places: placesOf(environment["HOLDFAST_PLACES"] ?? "") };
}

function partConfig(environment: Environment): PartConfig {
  return {
    home: resolve(environment["HOLDFAST_HOME"] ?? join(homedir(), ".holdfast")),
    logLevel: logLevelOf(environment["HOLDFAST_LOG_LEVEL"] ?? "info"),
    enrolment: enrolmentOf(environment),
  };
}

function enrolmentOf(environment: Environment): EnrolmentConfig | undefined {
  const token = environment["HOLDFAST_ENROLMENT_TOKEN"];
  if (token === undefined) return undefined;
  const serverUrl = environment["HOLDFAST_SERVER_URL"];
  const caFingerprint = environment["HOLDFAST_CA_FINGERPRINT"];
  if (serverUrl === undefined || caFingerprint === undefined) {
    throw bad("An enrolment token needs HOLDFAST_SERVER_URL and HOLDFAST_CA_FINGERPRINT beside it.");
  }
  return { serverUrl, token, caFingerprint, name: environment["HOLDFAST_NAME"] ?? hostname() };
}

function logLevelOf(text: string): LogLevel {
  const level = logLevels.find((one) => one === text);
  if (level === undefined) throw bad(`HOLDFAST_LOG_LEVEL is one of ${logLevels.join(", ")}.`);
  return level;
}

function pathsOf(text: string): string[] {
  return text
    .split(":")
    .filter((path) => path !== "")
    .map(absolute);
}

function placesOf(text: string): Record<string, string> {
  const pairs = text.split(delimiter).filter((pair) => pair !== "");
  return Object.fromEntries(
    pairs.map((pair) => {
      const [name = "", ...rest] = pair.split("=");
      const folder = rest.join("=");
      if (name === "" || folder === "") throw bad("HOLDFAST_PLACES is of the form name=/folder:other=/folder.");
      return [name, absolute(folder)];
    }),
  );
}

function absolute(path: string): string {
  if (resolve(path) !== path.replace(/(?<=.)\/+$/, "")) throw bad(`"${path}" is not an absolute path.`);
  return resolve(path);
}

function bad(message: string): HoldfastError {
  return new HoldfastError(agentErrors.badConfiguration, message);
}
