import type { IncomingMessage } from "node:http";
import type { TLSSocket } from "node:tls";
import { HoldfastError } from "@holdfast/base";
import { nowOf, type Services } from "../app/services.ts";
import { serverErrors } from "../errors.ts";
import { findByCertificate } from "../store/identities.ts";
import { installationScope } from "../store/scope.ts";
import { partyOf, type Party } from "./party.ts";

/**
 * Who is on the other end of a connection, by its certificate: issued by our authority, not expired, not revoked.
 * Asked for each request, so that a revocation holds from the next one on.
 * @throws IDENTITY_REFUSED
 */
export async function authenticate(services: Services, request: IncomingMessage): Promise<Party> {
  const socket = request.socket as TLSSocket;
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  if (certificate !== undefined) {
    const sha256 = certificate.fingerprint256.replaceAll(":", "").toLowerCase();
    const row = await services.store.read(installationScope, (db) => findByCertificate(db, sha256, nowOf(services)));
    if (row !== undefined) return partyOf(row);
  }
  throw new HoldfastError(serverErrors.identityRefused, "A certificate of this installation is needed here.");
}
