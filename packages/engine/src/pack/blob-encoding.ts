import { equalBytes, fromHex } from "@holdfast/base";
import type { BlobType } from "../blob.ts";
import { sha256, type BlobId } from "../id.ts";
import type { MasterKey } from "../crypto/master-key.ts";
import { open, seal } from "../crypto/seal.ts";
import { compress, decompress, type CompressionMode } from "./compression.ts";

/** A blob as it goes into a pack. */
export interface EncodedBlob {
  readonly stored: Uint8Array;
  /** Bytes before compression; 0 when stored without. */
  readonly uncompressedLength: number;
}

/**
 * Compresses where the format allows and it gains, then encrypts. Trees are compressed even when that makes them
 * longer: restic's prune would otherwise store them again every time.
 *
 * @param version of the repository's format; version 1 knows no compression
 * @see restic-format.md section 5.1
 */
export function encodeBlob(
  key: MasterKey,
  nonce: Uint8Array,
  version: 1 | 2,
  type: BlobType,
  plain: Uint8Array,
  compression: CompressionMode = "auto",
): EncodedBlob {
  if (version === 2 && plain.byteLength > 0 && (type === "tree" || compression !== "off")) {
    const frame = compress(plain, compression);
    if (type === "tree" || frame.byteLength < plain.byteLength)
      return { stored: seal(key, nonce, frame), uncompressedLength: plain.byteLength };
  }
  return { stored: seal(key, nonce, plain), uncompressedLength: 0 };
}

/**
 * The blob's bytes, proven: tag, length and SHA-256 all fit.
 * @throws Error (its text says which of them did not); the caller knows which pack to blame
 */
export function decodeBlob(key: MasterKey, id: BlobId, uncompressedLength: number, stored: Uint8Array): Uint8Array {
  const inner = open(key, stored);
  const plain = uncompressedLength === 0 ? inner : decompress(inner, uncompressedLength);
  if (uncompressedLength !== 0 && plain.byteLength !== uncompressedLength)
    throw new Error(`unpacks to ${plain.byteLength} bytes instead of ${uncompressedLength}`);
  if (!equalBytes(sha256(plain), fromHex(id))) throw new Error("its content has another hash than its name");
  return plain;
}
