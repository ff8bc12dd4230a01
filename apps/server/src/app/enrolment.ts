import { createHash } from "node:crypto";
import { HoldfastError, minuteMs } from "@holdfast/base";
import type { Enrolment, enrolled, enrolmentToken, newEnrolmentToken } from "@holdfast/contract";
import type { z } from "zod";
import type { Caller } from "../authz/caller.ts";
import { serverErrors } from "../errors.ts";
import { checkRequest } from "../pki/authority.ts";
import {
  findEnrolled,
  insertEnrolmentToken,
  insertIdentity,
  lockEnrolmentToken,
  replaceCertificate,
  spendEnrolmentToken,
} from "../store/identities.ts";
import { findOrganisation } from "../store/organisations.ts";
import { installationScope } from "../store/scope.ts";
import { json } from "../store/tables.ts";
import { found, freshId, nowOf, type Services } from "./services.ts";

/**
 * Makes a token that lets a part enrol. It is shown once; only its hash is kept.
 * @throws NOT_FOUND, ORGANISATION_MISPLACED
 */
export async function createEnrolmentToken(
  services: Services,
  caller: Caller,
  asked: z.infer<typeof newEnrolmentToken>,
): Promise<z.infer<typeof enrolmentToken>> {
  const token = `hfe_${Buffer.from(services.random.bytes(32)).toString("base64url")}`;
  const enrolmentTokenId = freshId(services);
  const createdAt = nowOf(services);
  const expiresAt = new Date(createdAt.getTime() + asked.expiresInMinutes * minuteMs);
  await services.store.transact(caller.scope, async (tx) => {
    const { kind, organisationId, uses } = asked;
    const organisation = found(await findOrganisation(tx.db, organisationId), "organisation");
    const ofProvider = organisation.kind === "provider" || organisation.kind === "reseller";
    if (kind === "device" ? ofProvider : !ofProvider)
      throw new HoldfastError(serverErrors.organisationMisplaced, `A ${kind} cannot belong to a ${organisation.kind}.`);
    await insertEnrolmentToken(tx, {
      enrolmentTokenId,
      organisationId,
      kind,
      tokenSha256: sha256(token),
      createdAt,
      expiresAt,
      usesLeft: uses,
    });
    tx.audit({
      by: caller.actor,
      action: "enrolment-token.created",
      subject: { kind: "enrolment-token", id: enrolmentTokenId },
      organisationId,
      detail: { kind, uses, expiresAt: expiresAt.toISOString() },
    });
  });
  return {
    enrolmentTokenId,
    token,
    expiresAt: expiresAt.toISOString(),
    serverUrl: services.agentUrl,
    caFingerprint: services.authority.fingerprint,
  };
}

/**
 * First contact of a part. The same key with the same token gets the same identity again, so an answer that was lost
 * on its way costs nothing.
 *
 * @throws ENROLMENT_REFUSED, CERTIFICATE_REQUEST_INVALID
 */
export async function enrol(services: Services, asked: Enrolment): Promise<z.infer<typeof enrolled>> {
  const { kind, name, keeperKeys } = asked;
  if ((kind === "keeper") !== (keeperKeys !== undefined))
    throw new HoldfastError(serverErrors.requestInvalid, "Keepers, and only they, bring sealing and signing keys.");

  return services.store.transact(installationScope, async (tx) => {
    const token = await lockEnrolmentToken(tx, sha256(asked.token));
    const now = nowOf(services);
    if (token === undefined || token.kind !== kind || token.expiresAt <= now) throw refused();
    // Only now, so that nobody without a token makes us read certificate requests.
    const request = await checkRequest(asked.certificateRequestPem);
    const { publicKeySha256 } = request;
    const before = await findEnrolled(tx, token.enrolmentTokenId, publicKeySha256);
    if (before === undefined && token.usesLeft === 0) throw refused();

    const identityId = before?.identityId ?? freshId(services);
    const names = services.gatewayNames;
    const issued = await services.authority.issueIdentityCertificate(request, { identityId, kind, names });
    const certificate = { certificateSha256: issued.sha256, certificateExpiresAt: new Date(issued.expiresAtMs) };
    if (before === undefined) {
      await spendEnrolmentToken(tx, token.enrolmentTokenId);
      await insertIdentity(tx, {
        identityId,
        organisationId: token.organisationId,
        kind,
        name,
        enrolmentTokenId: token.enrolmentTokenId,
        publicKeySha256,
        ...certificate,
        sealingKey: keeperKeys?.sealing ?? null,
        signingKey: keeperKeys?.signing ?? null,
        enrolledAt: now,
        capabilities: json([]),
      });
    } else {
      await replaceCertificate(tx, identityId, certificate);
    }
    if (kind === "device") tx.announce({ about: "device", deviceId: identityId });
    tx.audit({
      by: { kind, id: identityId, name },
      action: before === undefined ? "identity.enrolled" : "identity.enrolled-again",
      subject: { kind: "identity", id: identityId },
      organisationId: token.organisationId,
      detail: { kind, enrolmentTokenId: token.enrolmentTokenId, certificateSha256: issued.sha256 },
    });
    return {
      identityId,
      certificatePem: issued.certificatePem,
      caPem: services.authority.caPem,
      expiresAt: new Date(issued.expiresAtMs).toISOString(),
    };
  });
}

/** One refusal for every reason, so that guessing teaches nothing. */
function refused(): HoldfastError {
  return new HoldfastError(serverErrors.enrolmentRefused, "This enrolment token cannot be used.");
}

/** Tokens carry 256 random bits, so their plain hash is as hard to guess as they are, and is looked up by index. */
export function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
