import { HoldfastError } from "@holdfast/base";
import type { OpenStorageOptions } from "@holdfast/storage";
import { parseDuration } from "./duration.ts";
import type { Environment } from "./environment.ts";
import { cliErrors } from "./errors.ts";
import type { FlagValues } from "./flag.ts";
import type { repositoryFlags } from "./table/repository-flags.ts";
import { readTextFile } from "./text-file.ts";

type ConnectionOptions = Pick<
  OpenStorageOptions,
  "ca" | "clientCertificate" | "isTlsUnchecked" | "userAgent" | "stalledMs" | "connectionsMax"
>;

const connectionKeys = ["local.connections", "rest.connections"];

/** How a repository's server or disk is spoken to: flags first, then the environment. @throws CLI_USAGE, CLI_UNREADABLE_FILE */
export async function connectionOptions(
  { flags, environment }: { readonly flags: FlagValues<typeof repositoryFlags>; readonly environment: Environment },
  address: string,
): Promise<ConnectionOptions> {
  const textOf = async (file: string | undefined) => (file === undefined ? undefined : readTextFile(file));
  const timeout = flags.stuckRequestTimeout;
  return {
    ca: await textOf(flags.cacert ?? environment.caCertificateFile),
    clientCertificate: await textOf(flags.tlsClientCert ?? environment.clientCertificateFile),
    isTlsUnchecked: flags.insecureTls,
    userAgent: flags.httpUserAgent,
    stalledMs: timeout === undefined ? undefined : parseDuration(timeout, "--stuck-request-timeout"),
    connectionsMax: connectionsFor(address, flags.option),
  };
}

/** Of several options for one kind of storage the last holds; those for another kind are no mistake. */
function connectionsFor(address: string, options: readonly string[]): number | undefined {
  const wanted = address.startsWith("rest:") ? "rest.connections" : "local.connections";
  let connections: number | undefined;
  for (const option of options) {
    const [key = "", value = ""] = option.split("=", 2);
    if (!connectionKeys.includes(key) || !/^[1-9]\d{0,3}$/.test(value)) {
      const known = connectionKeys.map((each) => `${each}=N`).join(" or ");
      throw new HoldfastError(cliErrors.usage, `--option wants ${known}, not "${option}".`);
    }
    if (key === wanted) connections = Number(value);
  }
  return connections;
}
