import { KiB, MiB, equalBytes } from "@holdfast/base";
import type { MasterKey } from "../crypto/master-key.ts";
import { open, seal } from "../crypto/seal.ts";
import { compress, decompress } from "../pack/compression.ts";

/** Files that hold one encrypted JSON document each. */
export type UnpackedType = "snapshot" | "index" | "lock";

const compressedMark = 0x02;
/**
 * Bytes of the JSON. An index file of 50,000 blobs has ten megabytes, a snapshot of a million paths some hundred; what
 * is longer than this is there to fill the memory of those who read it.
 */
export const unpackedBytesMax: Readonly<Record<UnpackedType, number>> = {
  snapshot: 256 * MiB,
  index: 256 * MiB,
  lock: 64 * KiB,
};
const plainBytesMax = Math.max(...Object.values(unpackedBytesMax));

/**
 * A snapshot, index or lock file as it is stored: in version 2 a mark and a zstd frame, in version 1 the JSON itself.
 * @see restic-format.md section 4
 */
export function encodeUnpacked(key: MasterKey, nonce: Uint8Array, version: 1 | 2, json: Uint8Array): Uint8Array {
  if (version === 1) return seal(key, nonce, json);
  return seal(key, nonce, Buffer.concat([Buffer.of(compressedMark), compress(json)]));
}

/** @throws Error when the seal is broken, the content neither JSON nor a marked frame, or longer than `bytesMax` */
export function decodeUnpacked(key: MasterKey, stored: Uint8Array, bytesMax = plainBytesMax): Uint8Array {
  const inner = open(key, stored);
  const first = inner[0];
  if (first === undefined || first === 0x5b || first === 0x7b) return inner; // "[" or "{": legal in both versions
  if (first !== compressedMark) throw new Error("its content is neither JSON nor compressed");
  return decompress(inner.subarray(1), bytesMax);
}

/** Whether a freshly encoded file decodes to what it was made from. */
export function unpackedReadsBack(key: MasterKey, stored: Uint8Array, json: Uint8Array): boolean {
  try {
    return equalBytes(decodeUnpacked(key, stored), json);
  } catch {
    return false;
  }
}
