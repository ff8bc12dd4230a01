import { join } from "node:path";
import { platform } from "node:process";

/** What the environment says. The only place of the command line that reads it; HOLDFAST_ names win over RESTIC_ ones. */
export interface Environment {
  readonly repository: string | undefined;
  readonly repositoryFile: string | undefined;
  readonly password: string | undefined;
  readonly passwordFile: string | undefined;
  readonly passwordCommand: string | undefined;
  readonly keyHint: string | undefined;
  readonly host: string | undefined;
  readonly compression: string | undefined;
  /** MiB, as text. */
  readonly packSize: string | undefined;
  readonly readConcurrency: string | undefined;
  readonly caCertificateFile: string | undefined;
  readonly clientCertificateFile: string | undefined;
  readonly restUser: string | undefined;
  readonly restPassword: string | undefined;
  /** Where the local cache is; undefined where no user's cache folder is known. */
  readonly cacheFolder: string | undefined;
  readonly noCache: boolean;
  /** Status updates a second; restic's RESTIC_PROGRESS_FPS. */
  readonly progressPerSecond: number | undefined;
  /** Where `up` keeps everything. */
  readonly home: string | undefined;
  /** Where npm was called; npm itself changes into the checkout. */
  readonly calledFrom: string | undefined;
  /** All of it, for child processes. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): Environment {
  const own = (name: string) => emptyAsAbsent(variables[`HOLDFAST_${name}`]);
  const either = (name: string) => own(name) ?? emptyAsAbsent(variables[`RESTIC_${name}`]);
  const perSecond = Number(either("PROGRESS_FPS"));
  return {
    repository: either("REPOSITORY"),
    repositoryFile: either("REPOSITORY_FILE"),
    password: either("PASSWORD"),
    passwordFile: either("PASSWORD_FILE"),
    passwordCommand: either("PASSWORD_COMMAND"),
    keyHint: either("KEY_HINT"),
    host: either("HOST"),
    compression: either("COMPRESSION"),
    packSize: either("PACK_SIZE"),
    readConcurrency: either("READ_CONCURRENCY"),
    caCertificateFile: either("CACERT"),
    clientCertificateFile: either("TLS_CLIENT_CERT"),
    restUser: either("REST_USERNAME"),
    restPassword: either("REST_PASSWORD"),
    cacheFolder: either("CACHE_DIR") ?? resticCacheFolder(variables),
    noCache: own("NO_CACHE") !== undefined,
    progressPerSecond: perSecond > 0 ? Math.min(perSecond, 60) : undefined,
    home: own("HOME"),
    calledFrom: emptyAsAbsent(variables["INIT_CWD"]),
    variables,
  };
}

/** The same for the other repository, where something is copied from: its variables have FROM in their names. */
export function fromEnvironment(environment: Environment): Environment {
  const { variables } = environment;
  const either = (name: string) =>
    emptyAsAbsent(variables[`HOLDFAST_FROM_${name}`]) ?? emptyAsAbsent(variables[`RESTIC_FROM_${name}`]);
  return {
    ...environment,
    repository: either("REPOSITORY"),
    repositoryFile: either("REPOSITORY_FILE"),
    password: either("PASSWORD"),
    passwordFile: either("PASSWORD_FILE"),
    passwordCommand: either("PASSWORD_COMMAND"),
    keyHint: either("KEY_HINT"),
  };
}

/** Where restic has its cache by default, so that both share it. */
function resticCacheFolder(variables: Environment["variables"]): string | undefined {
  const below = (folder: string | undefined, ...names: string[]) =>
    folder === undefined || folder === "" ? undefined : join(folder, ...names, "restic");
  if (platform === "win32") return below(variables["LOCALAPPDATA"]);
  if (platform === "darwin") return below(variables["HOME"], "Library", "Caches");
  return below(variables["XDG_CACHE_HOME"]) ?? below(variables["HOME"], ".cache");
}

const emptyAsAbsent = (value: string | undefined) => (value === "" ? undefined : value);
