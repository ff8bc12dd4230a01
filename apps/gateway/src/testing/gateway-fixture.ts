import { silentLog, systemClock, type Log } from "@holdfast/base";
import { memoryStorage, type Storage } from "@holdfast/storage";
import { onTestFinished } from "vitest";
import type { Grant } from "../access/grants.ts";
import { staticGrants } from "../access/static-grants.ts";
import { tokenSha256 } from "../access/token-hash.ts";
import { serveGateway, type RunningGateway } from "../gateway.ts";
import type { TlsIdentity } from "../listener.ts";

/** Tokens of the fixture, by what they may do in `acme/web-1`. */
export const tokens = {
  full: "token-of-a-keeper",
  appendOnly: "token-of-a-device",
  writeOnly: "token-that-may-not-read",
  quota: "token-with-a-quota-of-10000-bytes",
  other: "token-of-another-repository",
} as const;

const grant: Grant = { repository: "acme/web-1", appendOnly: false, mayRead: true, quotaBytes: undefined };

export interface GatewayFixture {
  readonly gateway: RunningGateway;
  readonly url: string;
  /** What lies behind `acme/web-1`; everything else has a storage of its own. */
  readonly storage: Storage;
  readonly lines: readonly string[];
}

/** A gateway on loopback before memory or the given storage, with its log lines kept; closed when the test ends. */
export async function gatewayFixture(
  options: { readonly storage?: Storage; readonly tls?: TlsIdentity } = {},
): Promise<GatewayFixture> {
  const storage = options.storage ?? memoryStorage();
  const others = new Map<string, Storage>();
  const lines: string[] = [];
  const gateway = await serveGateway({
    storageOf: (repository) => {
      if (repository === grant.repository) return storage;
      const other = others.get(repository) ?? memoryStorage();
      others.set(repository, other);
      return other;
    },
    grants: staticGrants([
      { ...grant, tokenSha256: tokenSha256(tokens.full) },
      { ...grant, tokenSha256: tokenSha256(tokens.appendOnly), appendOnly: true },
      { ...grant, tokenSha256: tokenSha256(tokens.writeOnly), appendOnly: true, mayRead: false },
      { ...grant, tokenSha256: tokenSha256(tokens.quota), quotaBytes: 10_000 },
      { ...grant, tokenSha256: tokenSha256(tokens.other), repository: "acme/web-2" },
    ]),
    listen: { host: "127.0.0.1", port: 0 },
    tls: options.tls,
    clock: systemClock,
    log: keptLog(lines),
  });
  onTestFinished(() => gateway.close());
  return { gateway, url: gateway.url, storage, lines };
}

function keptLog(lines: string[]): Log {
  const keep = (message: string, fields?: object) => void lines.push(`${message} ${JSON.stringify(fields)}`);
  return { ...silentLog, debug: keep, info: keep, warn: keep, error: keep };
}
