import type { certificate, SnapshotRecord } from "@holdfast/contract";
import type { z } from "zod";
import type { Caller } from "../authz/caller.ts";
import * as catalogue from "../store/catalogue.ts";
import { findDevice } from "../store/identities.ts";
import { instant } from "./run-shape.ts";
import { found, idCursor, type Services } from "./services.ts";

type CertificateShape = z.infer<typeof certificate>;

/**
 * A device's snapshots, newest first.
 * @throws NOT_FOUND
 */
export async function listSnapshots(
  services: Services,
  caller: Caller,
  deviceId: string,
  wanted: { readonly after?: string | undefined; readonly limit: number },
): Promise<{ items: SnapshotRecord[]; next: string | null }> {
  return services.store.read(caller.scope, async (db) => {
    found(await findDevice(db, deviceId), "device");
    const rows = await catalogue.listSnapshots(db, deviceId, {
      after: idCursor(wanted.after),
      limit: wanted.limit + 1,
    });
    const page = rows.slice(0, wanted.limit);
    const drilled = await catalogue.drilledAt(db, deviceId);
    const places = new Map<string, Map<string, string[]>>();
    for (const [vaultId, ofVault] of Map.groupBy(page, (row) => row.vaultId)) {
      const ids = ofVault.map((row) => row.snapshotId);
      places.set(vaultId, await catalogue.placesOf(db, vaultId, ids));
    }
    const items = page.map((row) => ({
      snapshotId: row.snapshotId,
      deviceId: row.deviceId,
      vaultId: row.vaultId,
      takenAt: row.takenAt.toISOString(),
      tree: row.tree,
      technology: row.technology,
      paths: [...row.paths],
      totalFiles: row.totalFiles,
      totalBytes: row.totalBytes,
      addedBytes: row.addedBytes,
      storedBytes: row.storedBytes,
      complete: row.complete,
      copiedTo: places.get(row.vaultId)?.get(row.snapshotId) ?? [],
      drilledAt: instant(drilled.get(row.snapshotId) ?? null),
    }));
    return { items, next: rows.length > page.length ? page.at(-1)!.runId : null };
  });
}

/** @throws NOT_FOUND */
export async function listCertificates(
  services: Services,
  caller: Caller,
  deviceId: string,
): Promise<{ items: CertificateShape[] }> {
  return services.store.read(caller.scope, async (db) => {
    found(await findDevice(db, deviceId), "device");
    const rows = await catalogue.certificatesOf(db, deviceId);
    return { items: rows.map((row) => row.certificate as CertificateShape) };
  });
}

/** @throws NOT_FOUND */
export async function getCertificate(
  services: Services,
  caller: Caller,
  certificateId: string,
): Promise<CertificateShape> {
  return services.store.read(caller.scope, async (db) => {
    const row = found(await catalogue.findCertificate(db, certificateId), "certificate");
    return row.certificate as CertificateShape;
  });
}
