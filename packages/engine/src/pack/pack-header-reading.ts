import { HoldfastError, isFailure, messageOf } from "@holdfast/base";
import { storageErrors, type Storage } from "@holdfast/storage";
import type { MasterKey } from "../crypto/master-key.ts";
import { open } from "../crypto/seal.ts";
import { engineErrors } from "../errors.ts";
import type { PackId } from "../id.ts";
import { headerLengthBytes, packBytes, parseHeaderLength, parsePackHeader, type PackedBlob } from "./pack-header.ts";

/** Of most packs the whole header: fifteen entries, its seal and its length. @see restic-format section 5.2 */
const firstReadBytes = 15 * 41 + 36;

/**
 * What a pack's own header lists, by ascending offset: one request, or two when it is long. The header is believed when
 * its seal is whole and the blobs that it lists fill the file exactly.
 *
 * @param sizeBytes of the whole file
 * @throws ENGINE_PACK_DAMAGED when there is no such header, STORAGE_MISSING
 */
export async function readPackHeader(
  storage: Storage,
  key: MasterKey,
  id: PackId,
  sizeBytes: number,
  signal?: AbortSignal,
): Promise<PackedBlob[]> {
  const file = { type: "pack", name: id } as const;
  const readEnd = (length: number) => storage.read(file, { offset: sizeBytes - length, length }, signal);
  try {
    let tail = await readEnd(Math.min(firstReadBytes, sizeBytes));
    const headerBytes = parseHeaderLength(tail, sizeBytes);
    const wholeBytes = headerBytes + headerLengthBytes;
    if (wholeBytes > tail.byteLength) tail = await readEnd(wholeBytes);
    const start = tail.byteLength - wholeBytes;
    const blobs = parsePackHeader(open(key, tail.subarray(start, start + headerBytes)));
    if (packBytes(blobs) !== sizeBytes) throw new Error("its header lists blobs of another length than the file");
    return blobs;
  } catch (cause) {
    const isCutShort = isFailure(cause, storageErrors.shortRead);
    if (cause instanceof HoldfastError && !isCutShort) throw cause;
    if (signal?.aborted === true) throw signal.reason;
    throw new HoldfastError(engineErrors.packDamaged, `The header of pack ${id} cannot be read: ${messageOf(cause)}.`, {
      cause,
    });
  }
}
