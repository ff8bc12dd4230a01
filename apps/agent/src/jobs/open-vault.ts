import type { RepositoryAccess } from "@holdfast/contract";
import { Repository } from "@holdfast/engine";
import type { RunContext } from "../runs/run-context.ts";
import type { KeeperKeys } from "../state/keeper-keys.ts";
import { unsealPassword } from "../state/password-seal.ts";
import { openVaultStorage } from "./vault-storage.ts";

/** A vault as the server hands it to a keeper. */
export interface SealedVault {
  readonly access: RepositoryAccess;
  readonly sealedPassword: string;
}

export interface OpenVault {
  readonly repository: Repository;
  /** For a copy, which opens with the same. */
  readonly password: string;
  close(): Promise<void>;
}

/**
 * Opens a vault with the password that its device sealed to this keeper.
 * @throws AGENT_PASSWORD_NOT_OURS, what `Repository.open` throws
 */
export async function openVault(
  keys: KeeperKeys,
  vault: SealedVault,
  context: Pick<RunContext, "clock" | "random" | "log" | "signal">,
): Promise<OpenVault> {
  const password = unsealPassword(vault.sealedPassword, keys.sealing);
  const storage = await openVaultStorage(vault.access, context, context.signal);
  try {
    const repository = await Repository.open(storage, { password, signal: context.signal }, context);
    return { repository, password, close: () => storage.close() };
  } catch (error) {
    await storage.close();
    throw error;
  }
}
