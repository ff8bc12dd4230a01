import path from "node:path";
import { onTestFinished } from "vitest";
import { silentLog, systemClock } from "@holdfast/base";
import type { RepositoryAccess } from "@holdfast/contract";
import { serveGateway, staticGrants, tokenSha256 } from "@holdfast/gateway";
import { localStorage } from "@holdfast/storage";
import { faultyStorage, type FaultyStorage } from "@holdfast/testkit";
import type { TestAuthority } from "../../apps/agent/src/testing/authority.ts";

export const vaultId = "018f0000-0000-7000-8000-000000000005";
export const gatewayToken = "a-token-of-the-gateway";

export interface HeldGateway {
  /** The way into the one repository, append-only. */
  readonly access: RepositoryAccess;
  /** What the gateway stores to; a test may hold any call, or make it fail. */
  readonly storage: FaultyStorage;
  /** The repository's folder. */
  readonly repository: string;
}

/** A real gateway on TLS in front of one repository below `root`. */
export async function heldGateway(authority: TestAuthority, root: string): Promise<HeldGateway> {
  const { key: keyPem, cert: certificatePem } = await authority.serverCertificate("127.0.0.1");
  const repository = path.join(root, "repositories", vaultId);
  const storage = faultyStorage(localStorage(repository));
  const grant = { repository: vaultId, appendOnly: true, mayRead: true, quotaBytes: undefined };
  const gateway = await serveGateway({
    storageOf: () => storage,
    grants: staticGrants([{ ...grant, tokenSha256: tokenSha256(gatewayToken) }]),
    listen: { host: "127.0.0.1", port: 0 },
    tls: { keyPem, certificatePem },
    clock: systemClock,
    log: silentLog,
  });
  onTestFinished(() => gateway.close());
  const url = `rest:${gateway.url}/${vaultId}/`;
  return { access: { url, user: "device", token: gatewayToken, caPem: authority.caPem }, storage, repository };
}
