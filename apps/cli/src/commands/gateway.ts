import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { enrolGateway, gatewayFiles, type GatewayEnrolment } from "@holdfast/agent";
import { HoldfastError } from "@holdfast/base";
import { readGatewayConfig, runGateway } from "@holdfast/gateway";
import type { Call } from "../command.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { enrolmentSettings, stopWhenStdinEnds, withSettings } from "../part-settings.ts";
import type { gatewayFlags } from "../table/service-commands.ts";

/** Runs the gateway until it is told to stop; enrols it first when it gets a token. */
export async function run({ flags, environment, clock, signal }: Call<typeof gatewayFlags>): Promise<ExitCode> {
  const settings = { HOLDFAST_LOG_LEVEL: flags.logLevel, ...(await enrolmentSettings(flags)) };
  const variables = withSettings(environment, settings);
  const home = resolve(flags.home ?? environment.home ?? join(homedir(), ".holdfast"));
  const enrolment = enrolmentOf(variables);
  const files = enrolment === undefined ? gatewayFiles(home) : await enrolGateway(home, enrolment, clock, signal);
  if (variables["HOLDFAST_GATEWAY_CERT"] === undefined && !existsSync(files.certificateFile)) {
    const why = "This gateway is not enrolled; start it once with --server, --ca-fingerprint and --token-file.";
    throw new HoldfastError(cliErrors.usage, why);
  }
  const config = await readGatewayConfig(variables, {
    home,
    path: flags.path,
    listen: flags.listen,
    certificateFile: variables["HOLDFAST_GATEWAY_CERT"] ?? files.certificateFile,
    keyFile: variables["HOLDFAST_GATEWAY_KEY"] ?? files.keyFile,
    caFile: variables["HOLDFAST_CA"] ?? files.caFile,
  });
  stopWhenStdinEnds(flags.untilStdinEnds);
  await runGateway(config, signal);
  return 0;
}

function enrolmentOf(variables: Readonly<Record<string, string | undefined>>): GatewayEnrolment | undefined {
  const token = variables["HOLDFAST_ENROLMENT_TOKEN"];
  if (token === undefined) return undefined;
  const serverUrl = variables["HOLDFAST_SERVER_URL"];
  const caFingerprint = variables["HOLDFAST_CA_FINGERPRINT"];
  if (serverUrl !== undefined && caFingerprint !== undefined) {
    return { token, serverUrl, caFingerprint, name: variables["HOLDFAST_NAME"] ?? "gateway" };
  }
  throw new HoldfastError(cliErrors.usage, "An enrolment token needs --server and --ca-fingerprint beside it.");
}
