const magic = 0xfd2fb528;
const singleSegmentFlag = 0x20;

/**
 * How many bytes a zstd frame says that it unpacks to; undefined when it does not say, or is none.
 * @see RFC 8878 section 3.1.1.1
 */
export function frameContentBytes(frame: Uint8Array): number | undefined {
  const bytes = Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength);
  if (bytes.byteLength < 5 || bytes.readUInt32LE(0) !== magic) return undefined;
  const descriptor = bytes[4]!;
  const isSingleSegment = (descriptor & singleSegmentFlag) !== 0;
  const dictionaryIdBytes = [0, 1, 2, 4][descriptor & 3]!;
  const at = 5 + (isSingleSegment ? 0 : 1) + dictionaryIdBytes;
  const sizeFlag = descriptor >>> 6;
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 2 ** sizeFlag;
  if (sizeBytes === 0 || at + sizeBytes > bytes.byteLength) return undefined;
  if (sizeBytes === 8) return Number(bytes.readBigUInt64LE(at));
  return bytes.readUIntLE(at, sizeBytes) + (sizeBytes === 2 ? 256 : 0);
}
