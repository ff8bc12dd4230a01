import { MiB, fromHex } from "@holdfast/base";
import { blobBytesMax, type BlobType } from "../blob.ts";
import { sealOverheadBytes } from "../crypto/seal.ts";
import { idFromBytes, type BlobId } from "../id.ts";

/** One blob of a pack, as the pack's own header lists it. Offsets follow from the lengths before. */
export interface PackedBlob {
  readonly type: BlobType;
  readonly id: BlobId;
  readonly offset: number;
  /** Bytes in the pack, encryption included. */
  readonly length: number;
  /** Bytes before compression; 0 when stored without. */
  readonly uncompressedLength: number;
}

const idBytes = 32;
const rawEntryBytes = 1 + 4 + idBytes;
const compressedEntryBytes = 1 + 4 + 4 + idBytes;
/** The plain length of the encrypted header, in the pack's last four bytes. */
export const headerLengthBytes = 4;
const packHeaderBytesMax = 16 * MiB;
/** Bytes behind the last blob, at most. */
export const packEndBytesMax = packHeaderBytesMax + headerLengthBytes;
/** A pack with more entries could not be read back; checked before the entry that would be one too many. */
export const packedBlobsMax = Math.floor((packHeaderBytesMax - sealOverheadBytes) / compressedEntryBytes);
export const packBytesMin = rawEntryBytes + sealOverheadBytes + headerLengthBytes;

const entryTypes = ["data", "tree", "data", "tree"] as const; // the type byte's lower bit
const compressedFlag = 2; // and its upper one

export function headerEntryBytes(isCompressed: boolean): number {
  return isCompressed ? compressedEntryBytes : rawEntryBytes;
}

/** Bytes of a whole pack file, from what its index says; any other size is damage. */
export function packBytes(blobs: Iterable<{ length: number; uncompressedLength: number }>): number {
  let bytes = sealOverheadBytes + headerLengthBytes;
  for (const blob of blobs) bytes += blob.length + headerEntryBytes(blob.uncompressedLength !== 0);
  return bytes;
}

/** The header before encryption. Lengths are unsigned 32-bit little-endian, ids raw. */
export function serialisePackHeader(blobs: readonly PackedBlob[]): Uint8Array {
  const pieces = blobs.map((blob) => {
    const isCompressed = blob.uncompressedLength !== 0;
    const entry = Buffer.allocUnsafe(headerEntryBytes(isCompressed));
    entry[0] = (blob.type === "tree" ? 1 : 0) | (isCompressed ? compressedFlag : 0);
    entry.writeUInt32LE(blob.length, 1);
    if (isCompressed) entry.writeUInt32LE(blob.uncompressedLength, 5);
    entry.set(fromHex(blob.id), entry.byteLength - idBytes);
    return entry;
  });
  return Buffer.concat(pieces);
}

/** @throws Error when the bytes are no header: an unknown type, a length without room for the seal, a torn entry */
export function parsePackHeader(header: Uint8Array): PackedBlob[] {
  const bytes = Buffer.from(header.buffer, header.byteOffset, header.byteLength);
  const blobs: PackedBlob[] = [];
  let offset = 0;
  for (let at = 0; at < bytes.byteLength;) {
    const typeByte = bytes[at]!;
    const type = entryTypes[typeByte];
    if (type === undefined) throw new Error(`entry ${blobs.length} has the unknown type ${typeByte}`);
    const isCompressed = (typeByte & compressedFlag) !== 0;
    const end = at + headerEntryBytes(isCompressed);
    if (end > bytes.byteLength) throw new Error("the last entry is cut short");
    const length = bytes.readUInt32LE(at + 1);
    const uncompressedLength = isCompressed ? bytes.readUInt32LE(at + 5) : 0;
    const plainBytes = Math.max(length - sealOverheadBytes, uncompressedLength);
    const isImpossible = length < sealOverheadBytes || plainBytes > blobBytesMax[type];
    if (isImpossible || (isCompressed && uncompressedLength === 0))
      throw new Error(`entry ${blobs.length} has an impossible length`);
    blobs.push({ type, id: idFromBytes(bytes.subarray(end - idBytes, end)), offset, length, uncompressedLength });
    offset += length;
    at = end;
  }
  return blobs;
}

/**
 * How long the encrypted header in front of a pack's last four bytes is.
 * @param tail at least the pack's last four bytes
 * @throws Error when no header of that length fits into the pack
 */
export function parseHeaderLength(tail: Uint8Array, sizeBytes: number): number {
  if (sizeBytes < packBytesMin) throw new Error(`${sizeBytes} bytes are too few for a pack`);
  const view = Buffer.from(tail.buffer, tail.byteOffset, tail.byteLength);
  const length = view.readUInt32LE(tail.byteLength - headerLengthBytes);
  if (length < sealOverheadBytes || length > packHeaderBytesMax || length + headerLengthBytes > sizeBytes)
    throw new Error(`its header cannot be ${length} bytes long`);
  return length;
}
