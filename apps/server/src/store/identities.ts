import type { Inventory, RunKind } from "@holdfast/contract";
import { sql, type Insertable, type Selectable } from "kysely";
import type { Reader, Writer } from "./store.ts";
import { json, type EnrolmentTokenTable, type IdentityTable } from "./tables.ts";

export type IdentityRow = Selectable<IdentityTable>;

export async function insertEnrolmentToken(tx: Writer, token: Insertable<EnrolmentTokenTable>): Promise<void> {
  await tx.db.insertInto("enrolmentTokens").values(token).execute();
}

/** The token of this hash, locked until the transaction ends, so that its last use is spent once. */
export function lockEnrolmentToken(
  tx: Writer,
  tokenSha256: string,
): Promise<Selectable<EnrolmentTokenTable> | undefined> {
  return tx.db
    .selectFrom("enrolmentTokens")
    .selectAll()
    .where("tokenSha256", "=", tokenSha256)
    .forNoKeyUpdate()
    .executeTakeFirst();
}

export async function spendEnrolmentToken(tx: Writer, enrolmentTokenId: string): Promise<void> {
  await tx.db
    .updateTable("enrolmentTokens")
    .set((eb) => ({ usesLeft: eb("usesLeft", "-", 1) }))
    .where("enrolmentTokenId", "=", enrolmentTokenId)
    .execute();
}

export async function insertIdentity(tx: Writer, identity: Insertable<IdentityTable>): Promise<void> {
  await tx.db.insertInto("identities").values(identity).execute();
}

/** The identity that this token gave to this key before: its answer was lost, and it asks again. */
export function findEnrolled(
  tx: Writer,
  enrolmentTokenId: string,
  publicKeySha256: string,
): Promise<IdentityRow | undefined> {
  return tx.db
    .selectFrom("identities")
    .selectAll()
    .where("enrolmentTokenId", "=", enrolmentTokenId)
    .where("publicKeySha256", "=", publicKeySha256)
    .where("revokedAt", "is", null)
    .executeTakeFirst();
}

export async function replaceCertificate(
  tx: Writer,
  identityId: string,
  certificate: { certificateSha256: string; certificateExpiresAt: Date },
): Promise<void> {
  await tx.db.updateTable("identities").set(certificate).where("identityId", "=", identityId).execute();
}

/** Who holds the key of this certificate, unless it was revoked or has expired. */
export function findByCertificate(db: Reader, certificateSha256: string, now: Date): Promise<IdentityRow | undefined> {
  return db
    .selectFrom("identities")
    .selectAll()
    .where("certificateSha256", "=", certificateSha256)
    .where("revokedAt", "is", null)
    .where("certificateExpiresAt", ">", now)
    .executeTakeFirst();
}

export function findIdentity(db: Reader, identityId: string): Promise<IdentityRow | undefined> {
  return db.selectFrom("identities").selectAll().where("identityId", "=", identityId).executeTakeFirst();
}

export function findDevice(db: Reader, deviceId: string): Promise<IdentityRow | undefined> {
  return db
    .selectFrom("identities")
    .selectAll()
    .where("identityId", "=", deviceId)
    .where("kind", "=", "device")
    .executeTakeFirst();
}

/**
 * Keepers that serve `organisationId`: those of it or of an organisation above, able to do `kinds`. Connected ones
 * first, then the one that was enrolled first.
 */
export async function keepersFor(
  db: Reader,
  organisationId: string,
  kinds: readonly RunKind[],
): Promise<IdentityRow[]> {
  return db
    .selectFrom("identities")
    .innerJoin("organisationReach", "organisationReach.ancestorId", "identities.organisationId")
    .selectAll("identities")
    .where("organisationReach.descendantId", "=", organisationId)
    .where("kind", "=", "keeper")
    .where("revokedAt", "is", null)
    .where(sql<boolean>`identities.capabilities @> ${json(kinds)}::jsonb`)
    .orderBy((eb) => eb("connectionId", "is", null))
    .orderBy("enrolledAt")
    .execute();
}

/** A channel has opened and said what it runs on. */
export async function connectIdentity(
  tx: Writer,
  identityId: string,
  said: { connectionId: string; inventory: Inventory; capabilities: readonly string[]; at: Date },
): Promise<void> {
  await tx.db
    .updateTable("identities")
    .set({
      connectionId: said.connectionId,
      inventory: json(said.inventory),
      capabilities: json(said.capabilities),
      lastSeenAt: said.at,
    })
    .where("identityId", "=", identityId)
    .execute();
}

/** @returns false when the identity has been revoked or another channel has taken over */
export async function touchIdentity(tx: Writer, identityId: string, connectionId: string, at: Date): Promise<boolean> {
  const { numUpdatedRows } = await tx.db
    .updateTable("identities")
    .set({ lastSeenAt: at })
    .where("identityId", "=", identityId)
    .where("connectionId", "=", connectionId)
    .where("revokedAt", "is", null)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** @returns whether this was the identity's channel; a newer one stays */
export async function disconnectIdentity(tx: Writer, identityId: string, connectionId: string): Promise<boolean> {
  const { numUpdatedRows } = await tx.db
    .updateTable("identities")
    .set({ connectionId: null })
    .where("identityId", "=", identityId)
    .where("connectionId", "=", connectionId)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Makes whoever else wants to queue work for this device wait until the transaction ends. */
export function lockDevice(tx: Writer, deviceId: string): Promise<IdentityRow | undefined> {
  return tx.db
    .selectFrom("identities")
    .selectAll()
    .where("identityId", "=", deviceId)
    .where("kind", "=", "device")
    .forNoKeyUpdate()
    .executeTakeFirst();
}
