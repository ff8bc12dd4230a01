import { HoldfastError, isFailure, messageOf } from "@holdfast/base";
import { storageErrors, type Storage } from "@holdfast/storage";
import type { BlobPlace, BlobType } from "../blob.ts";
import type { MasterKey } from "../crypto/master-key.ts";
import { engineErrors } from "../errors.ts";
import type { BlobId } from "../id.ts";
import { decodeBlob } from "../pack/blob-encoding.ts";

/** The blob's bytes from one copy's stored bytes. @throws ENGINE_PACK_DAMAGED */
export function decodeFromPlace(
  key: MasterKey,
  type: BlobType,
  id: BlobId,
  place: BlobPlace,
  stored: Uint8Array,
): Uint8Array {
  try {
    if (stored.byteLength !== place.length) throw new Error(`${stored.byteLength} bytes instead of ${place.length}`);
    return decodeBlob(key, id, place.uncompressedLength, stored);
  } catch (cause) {
    throw new HoldfastError(engineErrors.packDamaged, `Pack ${place.packId} is damaged.`, {
      cause,
      internal: `${type} blob ${id} at ${place.offset}: ${messageOf(cause)}`,
    });
  }
}

/**
 * Reads a blob from the first of its places that still has it. A second round catches an error on
 * the way here or in the cache.
 * @throws ENGINE_BLOB_MISSING when every pack is gone, ENGINE_PACK_DAMAGED when none gives the right bytes,
 *   and what the storage throws when it cannot be asked
 */
export async function readBlob(
  storage: Storage,
  key: MasterKey,
  type: BlobType,
  id: BlobId,
  places: readonly BlobPlace[],
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  let damage: unknown;
  for (const cache of ["keep", "renew"] as const) {
    for (const place of places) {
      const { packId, offset, length } = place;
      const file = { type: "pack", name: packId, ...(type === "tree" && { cache }) } as const;
      try {
        const stored = await storage.read(file, { offset, length }, signal);
        return decodeFromPlace(key, type, id, place, stored);
      } catch (error) {
        if (isFailure(error, storageErrors.missing)) continue;
        if (isFailure(error, storageErrors.shortRead)) damage ??= shortPack(place, error);
        else if (isFailure(error, engineErrors.packDamaged)) damage ??= error;
        else throw error;
      }
    }
  }
  if (damage !== undefined) throw damage;
  const why = places.length === 0 ? "no index names it" : `pack ${places[0]!.packId} is gone`;
  throw new HoldfastError(engineErrors.blobMissing, `A piece of a backup is missing: ${type} blob ${id}, ${why}.`);
}

function shortPack(place: BlobPlace, cause: unknown): HoldfastError {
  return new HoldfastError(engineErrors.packDamaged, `Pack ${place.packId} is cut short.`, { cause });
}
