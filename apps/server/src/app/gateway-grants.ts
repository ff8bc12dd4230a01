import type { GatewayGrant, GatewayGrantRequest } from "@holdfast/contract";
import type { Party } from "../authz/party.ts";
import { findGatewayToken, findVault } from "../store/vaults.ts";
import { found, notFound, nowOf, type Services } from "./services.ts";

/**
 * What a token may do in a repository, for the gateway that was shown it. Repositories at a gateway are named by their
 * vault's id; copies have names of their own and are reached by keepers only.
 * @throws NOT_FOUND for whatever reason
 */
export async function grantGateway(
  services: Services,
  party: Party,
  asked: GatewayGrantRequest,
): Promise<GatewayGrant> {
  if (party.kind !== "gateway") throw notFound("address");
  const vaultId = asked.repository;
  if (!/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(vaultId)) throw notFound("grant");
  return services.store.read(party.scope, async (db) => {
    const { tokenSha256 } = asked;
    const token = found(await findGatewayToken(db, { tokenSha256, vaultId, now: nowOf(services) }), "grant");
    found(await findVault(db, vaultId), "grant");
    return { appendOnly: token.appendOnly, read: true, quotaBytes: null };
  });
}
