import type { Clock, Log, Random } from "@holdfast/base";
import { limited, type TransferLimits } from "./limited.ts";
import { localStorage } from "./local/local-storage.ts";
import { metered, type StorageCounters } from "./metered.ts";
import { restStorage } from "./rest/rest-storage.ts";
import { retrying } from "./retrying.ts";
import type { Storage } from "./storage.ts";
import { parseStorageUrl, type StorageUrl } from "./storage-url.ts";

export interface OpenStorageOptions {
  readonly clock: Clock;
  readonly random: Random;
  readonly log: Log;
  /** Used where the address names none. For a Holdfast gateway the password is the token. */
  readonly user?: string | undefined;
  readonly password?: string | undefined;
  /** PEM of the authorities to trust instead of the system's. */
  readonly ca?: string | undefined;
  /** PEM of a certificate and its key, for servers that want to know who asks. */
  readonly clientCertificate?: string | undefined;
  /** True takes any certificate for the server's. */
  readonly isTlsUnchecked?: boolean | undefined;
  /** How the program calls itself to servers. */
  readonly userAgent?: string | undefined;
  /** A request in which no byte moves for this long is given up and tried again; default 2 minutes. */
  readonly stalledMs?: number | undefined;
  /** Requests in flight; default what restic has for this kind of storage. */
  readonly connectionsMax?: number | undefined;
  /** How long a call that gets nowhere is tried again. Default 15 minutes; 0 tries once. */
  readonly retryBudgetMs?: number | undefined;
  /** Counts what goes over the wire or to the disk, repeated attempts included. */
  readonly counters?: StorageCounters | undefined;
  /** How fast contents may go; default as fast as they can. */
  readonly limits?: TransferLimits | undefined;
}

/**
 * The storage at a repository address in restic's forms, with retries. Nothing is contacted yet.
 *
 * @throws STORAGE_BAD_ADDRESS
 */
export async function openStorage(address: string, options: OpenStorageOptions): Promise<Storage> {
  const storage = plainStorage(parseStorageUrl(address), options);
  const counted = options.counters === undefined ? storage : metered(storage, options.counters);
  const paced = options.limits === undefined ? counted : limited(counted, options.limits, options.clock);
  return retrying(paced, { ...options, budgetMs: options.retryBudgetMs });
}

function plainStorage(url: StorageUrl, options: OpenStorageOptions): Storage {
  switch (url.kind) {
    case "local":
      return localStorage(url.path, options);
    case "rest": {
      const password = url.password ?? options.password;
      if (password !== undefined && url.url.protocol === "http:" && !isLoopback(url.url.hostname)) {
        options.log.warn("the password crosses the network unencrypted; use https", {
          location: `rest:${url.url.href}`,
        });
      }
      return restStorage(url.url, { ...options, user: url.user ?? options.user, password });
    }
  }
}

function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(\.\d{1,3}){3}$/.test(hostname);
}
