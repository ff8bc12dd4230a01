import type { Insertable, Selectable } from "kysely";
import type { Reader, Writer } from "./store.ts";
import type { CertificateTable, CopyTable, SnapshotTable } from "./tables.ts";

export type SnapshotRow = Selectable<SnapshotTable>;
export type CertificateRow = Selectable<CertificateTable>;

export async function insertSnapshot(tx: Writer, snapshot: Insertable<SnapshotTable>): Promise<void> {
  await tx.db.insertInto("snapshots").values(snapshot).execute();
}

/** A device's snapshots, newest first by when their runs began, older than that of the run `after`. */
export function listSnapshots(
  db: Reader,
  deviceId: string,
  wanted: { after?: string | undefined; limit: number },
): Promise<SnapshotRow[]> {
  return db
    .selectFrom("snapshots")
    .selectAll()
    .where("deviceId", "=", deviceId)
    .$if(wanted.after !== undefined, (query) => query.where("runId", "<", wanted.after!))
    .orderBy("runId", "desc")
    .limit(wanted.limit)
    .execute();
}

export function findSnapshot(db: Reader, deviceId: string, snapshotId: string): Promise<SnapshotRow | undefined> {
  return db
    .selectFrom("snapshots")
    .selectAll()
    .where("deviceId", "=", deviceId)
    .where("snapshotId", "=", snapshotId)
    .orderBy("runId", "desc")
    .executeTakeFirst();
}

export function newestSnapshot(db: Reader, vaultId: string): Promise<SnapshotRow | undefined> {
  return db
    .selectFrom("snapshots")
    .selectAll()
    .where("vaultId", "=", vaultId)
    .orderBy("runId", "desc")
    .executeTakeFirst();
}

/** Records copies; one that is recorded already stays as it is. */
export async function insertCopies(tx: Writer, copies: readonly Insertable<CopyTable>[]): Promise<void> {
  for (let at = 0; at < copies.length; at += 1000) {
    await tx.db
      .insertInto("copies")
      .values(copies.slice(at, at + 1000))
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
}

/** Which of these snapshots the catalogue knows. */
export async function knownSnapshots(
  db: Reader,
  vaultId: string,
  snapshotIds: readonly string[],
): Promise<Set<string>> {
  if (snapshotIds.length === 0) return new Set();
  const rows = await db
    .selectFrom("snapshots")
    .select("snapshotId")
    .where("vaultId", "=", vaultId)
    .where("snapshotId", "in", [...snapshotIds])
    .execute();
  return new Set(rows.map((row) => row.snapshotId));
}

export async function placesOf(
  db: Reader,
  vaultId: string,
  snapshotIds: readonly string[],
): Promise<Map<string, string[]>> {
  const places = new Map<string, string[]>();
  if (snapshotIds.length === 0) return places;
  const rows = await db
    .selectFrom("copies")
    .select(["snapshotId", "place"])
    .where("vaultId", "=", vaultId)
    .where("snapshotId", "in", [...snapshotIds])
    .orderBy("place")
    .execute();
  for (const { snapshotId, place } of rows) places.set(snapshotId, [...(places.get(snapshotId) ?? []), place]);
  return places;
}

/** Per vault and place: how many snapshots are there, and when the newest of them was taken. */
export function copySummaries(
  db: Reader,
  vaultIds: readonly string[],
): Promise<{ vaultId: string; place: string; snapshots: number; newestAt: Date }[]> {
  if (vaultIds.length === 0) return Promise.resolve([]);
  return db
    .selectFrom("copies")
    .innerJoin("snapshots", (join) =>
      join.onRef("snapshots.vaultId", "=", "copies.vaultId").onRef("snapshots.snapshotId", "=", "copies.snapshotId"),
    )
    .select(["copies.vaultId", "copies.place"])
    .select((eb) => [eb.fn.countAll<number>().as("snapshots"), eb.fn.max("snapshots.takenAt").as("newestAt")])
    .where("copies.vaultId", "in", [...vaultIds])
    .groupBy(["copies.vaultId", "copies.place"])
    .execute();
}

/** The last certificate of a client's chain; locks the client's row, so that a chain grows one at a time. */
export async function lockChain(tx: Writer, clientId: string): Promise<CertificateRow | undefined> {
  await tx.db
    .selectFrom("organisations")
    .select("organisationId")
    .where("organisationId", "=", clientId)
    .forNoKeyUpdate()
    .executeTakeFirst();
  return lastOfChain(tx.db, clientId);
}

function lastOfChain(db: Reader, clientId: string): Promise<CertificateRow | undefined> {
  return db
    .selectFrom("certificates")
    .selectAll()
    .where("clientId", "=", clientId)
    .orderBy("position", "desc")
    .executeTakeFirst();
}

export async function insertCertificate(tx: Writer, certificate: Insertable<CertificateTable>): Promise<void> {
  await tx.db.insertInto("certificates").values(certificate).execute();
}

export function findCertificate(db: Reader, certificateId: string): Promise<CertificateRow | undefined> {
  return db.selectFrom("certificates").selectAll().where("certificateId", "=", certificateId).executeTakeFirst();
}

/** A device's certificates, newest first. */
export function certificatesOf(db: Reader, deviceId: string): Promise<CertificateRow[]> {
  return db
    .selectFrom("certificates")
    .selectAll()
    .where("deviceId", "=", deviceId)
    .orderBy("receivedAt", "desc")
    .execute();
}

/** When each of these snapshots was last drilled with success or without. */
export async function drilledAt(db: Reader, deviceId: string): Promise<Map<string, Date>> {
  const rows = await db
    .selectFrom("certificates")
    .select((eb) => ["snapshotId" as const, eb.fn.max("receivedAt").as("at")])
    .where("deviceId", "=", deviceId)
    .groupBy("snapshotId")
    .execute();
  return new Map(rows.map((row) => [row.snapshotId, row.at]));
}
