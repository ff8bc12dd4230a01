import { X509Certificate } from "node:crypto";
import { join } from "node:path";
import { HoldfastError, type Clock } from "@holdfast/base";
import type { Enrolment } from "@holdfast/contract";
import { agentErrors } from "../errors.ts";
import { readIfThere, writeDurably } from "../state/durable-file.ts";
import { ensureKey } from "../state/key-file.ts";
import { ensurePrivateFolder } from "../state/private-folder.ts";
import { certificateRequest } from "./certificate-request.ts";
import { certificateFingerprint, parseFingerprint } from "./fingerprint.ts";
import { fetchPinnedAuthority } from "./pinned-authority.ts";
import { requestEnrolment } from "./request-enrolment.ts";
import { parseServerUrl } from "./server-url.ts";

/** What an enrolled gateway has, as PEM files that the gateway takes: its own key and certificate, and the authority. */
export interface GatewayFiles {
  readonly keyFile: string;
  readonly certificateFile: string;
  readonly caFile: string;
}

export interface GatewayEnrolment {
  readonly serverUrl: string;
  /** One-time, of the kind "gateway". */
  readonly token: string;
  readonly caFingerprint: string;
  readonly name: string;
}

export function gatewayFiles(home: string): GatewayFiles {
  const folder = join(home, "gateway");
  return {
    keyFile: join(folder, "identity-key.pem"),
    certificateFile: join(folder, "certificate.pem"),
    caFile: join(folder, "authority.pem"),
  };
}

/**
 * Makes a gateway known to an installation, as `enrolAgent` does for devices and keepers. One that has a certificate of
 * the same authority keeps it until it expires, and the token stays unused.
 *
 * @throws as `enrolAgent`
 */
export async function enrolGateway(
  home: string,
  asked: GatewayEnrolment,
  clock: Clock,
  signal?: AbortSignal,
): Promise<GatewayFiles> {
  const files = gatewayFiles(home);
  const fingerprint = parseFingerprint(asked.caFingerprint);
  const caPem = await readIfThere(files.caFile);
  const certificatePem = await readIfThere(files.certificateFile);
  if (caPem !== undefined && certificateFingerprint(caPem) !== fingerprint) {
    throw new HoldfastError(agentErrors.enrolledElsewhere, `${join(home, "gateway")} belongs to another installation.`);
  }
  if (caPem !== undefined && certificatePem !== undefined && isValid(certificatePem, clock)) return files;

  await ensurePrivateFolder(join(home, "gateway"));
  const serverUrl = parseServerUrl(asked.serverUrl);
  const pinnedPem = caPem ?? (await fetchPinnedAuthority(serverUrl, fingerprint, signal));
  const request: Enrolment = {
    token: asked.token,
    kind: "gateway",
    name: asked.name,
    certificateRequestPem: await certificateRequest(await ensureKey(files.keyFile, "ec")),
  };
  const answer = await requestEnrolment({ serverUrl, caPem: pinnedPem }, request, signal);
  // The certificate last: with it the enrolment is complete.
  await writeDurably(files.caFile, pinnedPem);
  await writeDurably(files.certificateFile, answer.certificatePem);
  return files;
}

function isValid(certificatePem: string, clock: Clock): boolean {
  return new X509Certificate(certificatePem).validToDate.getTime() > clock.nowMs();
}
