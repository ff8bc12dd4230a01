import { equalBytes, KiB } from "@holdfast/base";
import type { BlobType } from "../blob.ts";
import { idOf, type BlobId } from "../id.ts";
import type { MasterKey } from "../crypto/master-key.ts";
import { decryptsTo, openInto, seal, sealOverheadBytes } from "../crypto/seal.ts";
import { zstd } from "../native/zstd.ts";
import { compressShared, type CompressionMode } from "./compression.ts";
import { frameContentBytes } from "./zstd-frame.ts";

/** A blob as it goes into a pack. */
export interface EncodedBlob {
  readonly stored: Uint8Array;
  /** Bytes before compression; 0 when stored without. */
  readonly uncompressedLength: number;
}

/** What a blob is before it is encrypted: in memory that the next blob of this thread uses again. */
export interface PreparedBlob {
  readonly bytes: Uint8Array;
  /** Bytes before compression; 0 when they are the blob's own. */
  readonly uncompressedLength: number;
}

/**
 * Compresses where the format allows and it gains. Trees are compressed even when that makes them longer: restic's
 * prune would otherwise store them again every time.
 *
 * @param version of the repository's format; version 1 knows no compression
 * @see restic-format.md section 5.1
 */
export function prepareBlob(
  version: 1 | 2,
  type: BlobType,
  plain: Uint8Array,
  compression: CompressionMode = "auto",
): PreparedBlob {
  if (version === 2 && plain.byteLength > 0 && (type === "tree" || compression !== "off")) {
    const frame = compressShared(plain, compression, type === "data");
    if (frame !== undefined) return { bytes: frame, uncompressedLength: plain.byteLength };
  }
  return { bytes: plain, uncompressedLength: 0 };
}

/**
 * Whether what was made of a blob leads back to it: what was sealed decrypts to what was compressed, and that unpacks to
 * the blob. Compared byte by byte: the blob is still in memory, and its hash was just taken (docs/adr/0016).
 */
export function leadsBack(key: MasterKey, stored: Uint8Array, prepared: PreparedBlob, plain: Uint8Array): boolean {
  if (!decryptsTo(key, stored, prepared.bytes)) return false;
  if (prepared.uncompressedLength === 0) return prepared.bytes === plain;
  const unpacked = plainScratch.take(prepared.uncompressedLength);
  try {
    return zstd.decompress(prepared.bytes, unpacked) === plain.byteLength && equalBytes(unpacked, plain);
  } catch {
    return false; // no frame any more
  }
}

/** Prepares a blob and encrypts it. */
export function encodeBlob(
  key: MasterKey,
  nonce: Uint8Array,
  version: 1 | 2,
  type: BlobType,
  plain: Uint8Array,
  compression: CompressionMode = "auto",
): EncodedBlob {
  const { bytes, uncompressedLength } = prepareBlob(version, type, plain, compression);
  return { stored: seal(key, nonce, bytes), uncompressedLength };
}

/**
 * The blob's bytes, proven: tag, length and SHA-256 all fit.
 * @param room gives the memory that they are put into; default an array of their own
 * @throws Error (its text says which of them did not); the caller knows which pack to blame
 */
export function decodeBlob(
  key: MasterKey,
  id: BlobId,
  uncompressedLength: number,
  stored: Uint8Array,
  room: (length: number) => Uint8Array = allocate,
): Uint8Array {
  let plain: Uint8Array;
  if (uncompressedLength === 0)
    openInto(key, stored, (plain = room(Math.max(0, stored.byteLength - sealOverheadBytes))));
  else plain = unpack(key, uncompressedLength, stored, room);
  if (idOf(plain) !== id) throw new Error("its content has another hash than its name");
  return plain;
}

/** As `decodeBlob`, for those who keep nothing: the bytes lie in memory that the next blob uses again. */
export function proveBlob(key: MasterKey, id: BlobId, uncompressedLength: number, stored: Uint8Array): Uint8Array {
  let plain: Uint8Array;
  if (uncompressedLength === 0) plain = openShared(key, stored);
  else plain = unpack(key, uncompressedLength, stored, (length) => plainScratch.take(length));
  if (idOf(plain) !== id) throw new Error("its content has another hash than its name");
  return plain;
}

function unpack(
  key: MasterKey,
  uncompressedLength: number,
  stored: Uint8Array,
  room: (length: number) => Uint8Array,
): Uint8Array {
  const frame = openShared(key, stored);
  const said = frameContentBytes(frame);
  if (said !== undefined && said !== uncompressedLength)
    throw new Error(`unpacks to ${said} bytes instead of ${uncompressedLength}`);
  const plain = room(uncompressedLength);
  const length = zstd.decompress(frame, plain);
  if (length !== uncompressedLength) throw new Error(`unpacks to ${length} bytes instead of ${uncompressedLength}`);
  return plain;
}

function openShared(key: MasterKey, stored: Uint8Array): Uint8Array {
  const inner = sealedScratch.take(Math.max(0, stored.byteLength - sealOverheadBytes));
  openInto(key, stored, inner);
  return inner;
}

function allocate(length: number): Uint8Array {
  return Buffer.allocUnsafeSlow(length);
}

/** Memory that is used again and again, as large as the largest piece that was asked for. */
class Scratch {
  #bytes = new Uint8Array(0);

  take(length: number): Uint8Array {
    if (this.#bytes.byteLength < length) this.#bytes = new Uint8Array(length + 64 * KiB);
    return this.#bytes.subarray(0, length);
  }
}

const sealedScratch = new Scratch();
const plainScratch = new Scratch();
