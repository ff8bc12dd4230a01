import { constants, zstdCompressSync, zstdDecompressSync, type ZstdOptions } from "node:zlib";

/** restic's words for how hard to try; "off" leaves file contents as they are and compresses the rest as "auto". */
export const compressionModes = ["auto", "off", "fastest", "better", "max"] as const;
export type CompressionMode = (typeof compressionModes)[number];

/**
 * The frame carries the content's size, as restic's do, and no checksum: the seal around it and the hash inside it are
 * stronger.
 */
function optionsOf(level: number): ZstdOptions {
  return { params: { [constants.ZSTD_c_compressionLevel]: level } };
}

const options: Readonly<Record<CompressionMode, ZstdOptions>> = {
  auto: optionsOf(3),
  off: optionsOf(3),
  fastest: optionsOf(1),
  better: optionsOf(7),
  max: optionsOf(12),
};

/** One zstd frame. May be longer than `plain`; the caller decides whether that is worth it. */
export function compress(plain: Uint8Array, mode: CompressionMode = "auto"): Uint8Array {
  return zstdCompressSync(plain, options[mode]);
}

/**
 * The content of a zstd frame.
 * @param lengthMax bytes; a frame that holds more is refused before it fills the memory
 * @throws Error when the frame is broken or too long
 */
export function decompress(frame: Uint8Array, lengthMax: number): Uint8Array {
  return zstdDecompressSync(frame, { maxOutputLength: Math.max(lengthMax, 1), chunkSize: chunkFor(lengthMax) });
}

/** One chunk that holds the whole answer saves joining many; zlib wants a byte to spare to see the end. */
function chunkFor(lengthMax: number): number {
  return Math.min(Math.max(lengthMax + 1, 64), 8 * 1024 * 1024 + 1);
}
