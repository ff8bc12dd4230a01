import type { Insertable, Selectable } from "kysely";
import type { Reader, Writer } from "./store.ts";
import type { GatewayTokenTable, VaultTable } from "./tables.ts";

export type VaultRow = Selectable<VaultTable>;

export async function insertVault(tx: Writer, vault: Insertable<VaultTable>): Promise<void> {
  await tx.db.insertInto("vaults").values(vault).execute();
}

export function findVault(db: Reader, vaultId: string): Promise<VaultRow | undefined> {
  return db.selectFrom("vaults").selectAll().where("vaultId", "=", vaultId).executeTakeFirst();
}

export function vaultsOf(db: Reader, deviceIds: readonly string[]): Promise<VaultRow[]> {
  if (deviceIds.length === 0) return Promise.resolve([]);
  return db
    .selectFrom("vaults")
    .selectAll()
    .where("deviceId", "in", [...deviceIds])
    .orderBy("createdAt", "desc")
    .execute();
}

/** The device has made the repository and sealed its password to the keeper. */
export async function setVaultReady(
  tx: Writer,
  vaultId: string,
  made: { repositoryId: string; sealedPassword: string; readyAt: Date },
): Promise<void> {
  await tx.db.updateTable("vaults").set(made).where("vaultId", "=", vaultId).where("readyAt", "is", null).execute();
}

export async function insertGatewayToken(tx: Writer, token: Insertable<GatewayTokenTable>): Promise<void> {
  await tx.db.insertInto("gatewayTokens").values(token).execute();
}

/** The token of this hash for this vault, while it holds. */
export function findGatewayToken(
  db: Reader,
  wanted: { tokenSha256: string; vaultId: string; now: Date },
): Promise<Selectable<GatewayTokenTable> | undefined> {
  return db
    .selectFrom("gatewayTokens")
    .selectAll()
    .where("tokenSha256", "=", wanted.tokenSha256)
    .where("vaultId", "=", wanted.vaultId)
    .where("revokedAt", "is", null)
    .where("expiresAt", ">", wanted.now)
    .executeTakeFirst();
}

/** The run is over: its way into the repository closes. */
export async function revokeGatewayTokens(tx: Writer, runId: string, at: Date): Promise<void> {
  await tx.db
    .updateTable("gatewayTokens")
    .set({ revokedAt: at })
    .where("runId", "=", runId)
    .where("revokedAt", "is", null)
    .execute();
}

/** The run goes on: a token that would end before `until` is good for longer. */
export async function extendGatewayTokens(tx: Writer, runId: string, until: Date, expiresAt: Date): Promise<void> {
  await tx.db
    .updateTable("gatewayTokens")
    .set({ expiresAt })
    .where("runId", "=", runId)
    .where("revokedAt", "is", null)
    .where("expiresAt", "<", until)
    .execute();
}

/** Forgets tokens that have been of no use since before `before`. @returns how many */
export async function deleteOldTokens(tx: Writer, before: Date): Promise<number> {
  const gateway = await tx.db.deleteFrom("gatewayTokens").where("expiresAt", "<", before).executeTakeFirst();
  const enrolment = await tx.db.deleteFrom("enrolmentTokens").where("expiresAt", "<", before).executeTakeFirst();
  return Number(gateway.numDeletedRows + enrolment.numDeletedRows);
}

/** Vaults whose repository has not been made yet. */
export function vaultsNotReady(db: Reader): Promise<VaultRow[]> {
  return db.selectFrom("vaults").selectAll().where("readyAt", "is", null).orderBy("vaultId").execute();
}
