import type { RepositoryAccess } from "@holdfast/contract";
import { Repository } from "@holdfast/engine";
import type { RunContext } from "../runs/run-context.ts";
import type { KeeperKeys } from "../state/keeper-keys.ts";
import type { PartHome } from "../state/part-home.ts";
import { unsealPassword } from "../state/password-seal.ts";
import { openRepository } from "./open-repository.ts";
import { openVaultStorage } from "./vault-storage.ts";

/** A vault as the server hands it to a keeper. */
export interface SealedVault {
  readonly access: RepositoryAccess;
  readonly sealedPassword: string;
}

/** The keeper that opens it. */
export interface VaultOpener {
  readonly keys: KeeperKeys;
  readonly home: PartHome;
}

export interface OpenVault {
  readonly repository: Repository;
  /** For a copy, which opens with the same. */
  readonly password: string;
  close(): Promise<void>;
}

/**
 * Opens a vault with the password that its device sealed to this keeper.
 * @param usesCache false where everything is to come from the storage itself
 * @throws AGENT_PASSWORD_NOT_OURS, what `Repository.open` throws
 */
export async function openVault(
  { keys, home }: VaultOpener,
  vault: SealedVault,
  context: Pick<RunContext, "clock" | "random" | "log" | "signal">,
  { usesCache = true }: { readonly usesCache?: boolean } = {},
): Promise<OpenVault> {
  const password = unsealPassword(vault.sealedPassword, keys.sealing);
  const storage = await openVaultStorage(vault.access, context, context.signal);
  try {
    const repository = usesCache
      ? await openRepository(home, storage, password, context)
      : await Repository.open(storage, { password, signal: context.signal }, context);
    return { repository, password, close: () => storage.close() };
  } catch (error) {
    await storage.close();
    throw error;
  }
}
