import { join } from "node:path";
import type { Random } from "@holdfast/base";
import { readIfThere, writeDurably } from "./durable-file.ts";
import { ensurePrivateFolder } from "./private-folder.ts";
import type { PartHome } from "./part-home.ts";

/** 256 bits: what guards the repository is then scrypt's input, not what somebody could guess. */
const passwordBytes = 32;

/**
 * A vault's repository password, one file each rather than rows in a database: `restic --password-file` takes it as
 * it is, on the day when nothing of Holdfast works any more.
 */
export function vaultPasswordFile(home: PartHome, vaultId: string): string {
  return join(home.folder, "vaults", `${vaultId}.password`);
}

/** The vault's password, or undefined when this device never made one. @throws AGENT_HOME_UNUSABLE */
export async function readVaultPassword(home: PartHome, vaultId: string): Promise<string | undefined> {
  return (await readIfThere(vaultPasswordFile(home, vaultId)))?.trim();
}

/**
 * The vault's password, made and durable at the first call: it must outlive the repository made with it.
 * @throws AGENT_HOME_UNUSABLE
 */
export async function ensureVaultPassword(home: PartHome, vaultId: string, random: Random): Promise<string> {
  const held = await readVaultPassword(home, vaultId);
  if (held !== undefined) return held;
  const password = Buffer.from(random.bytes(passwordBytes)).toString("base64url");
  await ensurePrivateFolder(join(home.folder, "vaults"));
  await writeDurably(vaultPasswordFile(home, vaultId), `${password}\n`);
  return password;
}
