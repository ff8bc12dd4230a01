import { HoldfastError } from "@holdfast/base";
import type { Enrolment } from "@holdfast/contract";
import { agentErrors } from "../errors.ts";
import { readIdentity, writeIdentity, ensureIdentityKey, type Identity } from "../state/identity.ts";
import { ensureKeeperKeys } from "../state/keeper-keys.ts";
import { rawPublicKey } from "../state/key-file.ts";
import { openPartHome, type PartHome, type Role } from "../state/part-home.ts";
import { certificateFingerprint, parseFingerprint } from "./fingerprint.ts";
import { certificateRequest } from "./certificate-request.ts";
import { fetchPinnedAuthority } from "./pinned-authority.ts";
import { requestEnrolment } from "./request-enrolment.ts";
import { parseServerUrl } from "./server-url.ts";

export interface EnrolmentRequest {
  /** Shared by the parts of this machine; this one keeps to `<home>/agent` or `<home>/keeper`. */
  readonly home: string;
  /** The agents' address of the server. */
  readonly serverUrl: string;
  /** One-time, from the console. */
  readonly token: string;
  /** SHA-256 of the installation's authority, hex with or without colons. */
  readonly caFingerprint: string;
  readonly kind: "device" | "keeper";
  /** What people call this machine. */
  readonly name: string;
}

const roleOfKind = { device: "agent", keeper: "keeper" } as const satisfies Record<EnrolmentRequest["kind"], Role>;

/**
 * Makes this machine known to an installation: pins its authority by the fingerprint, proves a key made here, stores
 * the certificate. On a machine that is enrolled already, nothing is sent and the token stays unused; only a new
 * address of the same installation is taken over.
 *
 * @throws AGENT_FINGERPRINT_MISMATCH, AGENT_SERVER_UNREACHABLE, AGENT_SERVER_UNTRUSTED, AGENT_ENROLLED_ELSEWHERE,
 *   AGENT_BAD_FINGERPRINT, AGENT_BAD_SERVER_URL, AGENT_HOME_UNUSABLE, AGENT_STATE_DAMAGED, or the server's own code for
 *   a token that is unknown, used up or expired
 */
export async function enrolAgent(request: EnrolmentRequest, signal?: AbortSignal): Promise<Identity> {
  const home = await openPartHome(request.home, roleOfKind[request.kind]);
  const serverUrl = parseServerUrl(request.serverUrl);
  const fingerprint = parseFingerprint(request.caFingerprint);
  const held = await readIdentity(home);
  if (held !== undefined) return keepIdentity(home, held, serverUrl, fingerprint);

  const caPem = await fetchPinnedAuthority(serverUrl, fingerprint, signal);
  const asked: Enrolment = {
    token: request.token,
    kind: request.kind,
    name: request.name,
    certificateRequestPem: await certificateRequest(await ensureIdentityKey(home)),
    ...(request.kind === "keeper" && { keeperKeys: await publicKeeperKeys(home) }),
  };
  const answer = await requestEnrolment({ serverUrl, caPem }, asked, signal);
  // The pinned authority is kept, whatever the answer calls one: trust came with the token and comes from nowhere else.
  const identity = { ...answer, caPem, kind: request.kind, name: request.name, serverUrl };
  await writeIdentity(home, identity);
  return identity;
}

async function keepIdentity(home: PartHome, held: Identity, serverUrl: string, fingerprint: string): Promise<Identity> {
  if (certificateFingerprint(held.caPem) !== fingerprint) {
    throw new HoldfastError(
      agentErrors.enrolledElsewhere,
      `${home.folder} belongs to another installation, at ${held.serverUrl}.`,
    );
  }
  if (held.serverUrl === serverUrl) return held;
  const moved = { ...held, serverUrl };
  await writeIdentity(home, moved);
  return moved;
}

async function publicKeeperKeys(home: PartHome) {
  const keys = await ensureKeeperKeys(home);
  return {
    sealing: rawPublicKey(keys.sealing).toString("base64"),
    signing: rawPublicKey(keys.signing).toString("base64"),
  };
}
