import { HoldfastError } from "@holdfast/base";
import type { ByteRange } from "@holdfast/storage";
import type { PackId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";

/** Bytes of a pack that are read with one request. */
export interface Stretch extends ByteRange {
  readonly packId: PackId;
  /** "keep": of a pack of trees. The cache then reads all of the pack, and whoever comes next asks no storage. */
  readonly cache?: "keep";
}

/**
 * Reads several blobs of a pack as they lie there, unproven.
 * @returns undefined when the pack is gone or cut short: some of it may still be there, and another pack may have the rest
 * @throws what the storage throws otherwise
 */
export async function readStretch(
  repository: Repository,
  { packId, cache, ...range }: Stretch,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  try {
    const file = { type: "pack", name: packId, ...(cache !== undefined && { cache }) } as const;
    return await repository.storage.read(file, range, signal);
  } catch (error) {
    if (error instanceof HoldfastError && (error.kind === "missing" || error.kind === "damaged")) return undefined;
    throw error;
  }
}
