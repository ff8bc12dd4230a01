import type { RepositoryAccess } from "@holdfast/contract";
import type { EngineContext } from "@holdfast/engine";
import { HoldfastError } from "@holdfast/base";
import { openStorage, storageErrors, type Storage } from "@holdfast/storage";
import { stoppingStorage } from "./stopping-storage.ts";

/**
 * A vault's repository through the gateway, with the job's own token and authority, for as long as `signal` lasts.
 * The token only ever travels encrypted.
 *
 * @throws STORAGE_BAD_ADDRESS
 */
export async function openVaultStorage(
  access: RepositoryAccess,
  context: EngineContext,
  signal: AbortSignal,
): Promise<Storage> {
  if (!access.url.startsWith("rest:https://")) {
    throw new HoldfastError(
      storageErrors.badAddress,
      "The vault's address is not of the form rest:https://host/path/.",
    );
  }
  const storage = await openStorage(access.url, {
    ...context,
    user: access.user,
    password: access.token,
    ca: access.caPem,
  });
  return stoppingStorage(storage, signal);
}
