import { constants, zstdCompressSync, zstdDecompressSync } from "node:zlib";
import { processLibrary, type ProcessLibrary } from "./process-library.ts";

/** zstd frames from bytes to bytes, in memory of the caller's. */
export interface Zstd {
  /**
   * Writes one frame, with the content's size in it and no checksum.
   * @param level 1 to 19
   * @returns its length; undefined when it does not fit into `into`
   */
  compress(plain: Uint8Array, level: number, into: Uint8Array): number | undefined;
  /**
   * Writes the content of a frame.
   * @returns its length
   * @throws Error when the frame is broken, or its content does not fit into `into`
   */
  decompress(frame: Uint8Array, into: Uint8Array): number;
}

const compressionLevelParameter = constants.ZSTD_c_compressionLevel;
const destinationTooSmall = -70; // ZSTD_error_dstSize_tooSmall

/** zstd through Node.js: the same bytes, at some tens of microseconds more for each call. */
export const nodeZstd: Zstd = {
  compress(plain, level, into) {
    const frame = zstdCompressSync(plain, { params: { [compressionLevelParameter]: level } });
    if (frame.byteLength > into.byteLength) return undefined;
    into.set(frame);
    return frame.byteLength;
  },
  decompress(frame, into) {
    const lengthMax = Math.max(into.byteLength, 1);
    const plain = zstdDecompressSync(frame, { maxOutputLength: lengthMax, chunkSize: Math.max(lengthMax + 1, 64) });
    into.set(plain);
    return plain.byteLength;
  },
};

/** zstd by the function's own names, with one context for all calls; undefined where they cannot be called. */
export const directZstd: Zstd | undefined = bind(processLibrary);

export const zstd: Zstd = directZstd ?? nodeZstd;

function bind(process: ProcessLibrary | undefined): Zstd | undefined {
  if (process === undefined) return undefined;
  // Lengths come back as size_t, errors as a small negative number in it.
  const bytes = "uint8_t *, size_t, const uint8_t *, size_t";
  const compress2 = process.find(`int64 ZSTD_compress2(void *, ${bytes})`);
  const decompressDCtx = process.find(`int64 ZSTD_decompressDCtx(void *, ${bytes})`);
  const setParameter = process.find("int64 ZSTD_CCtx_setParameter(void *, int, int)");
  const compressContext = process.find("void *ZSTD_createCCtx()")?.();
  const decompressContext = process.find("void *ZSTD_createDCtx()")?.();
  if (!compress2 || !decompressDCtx || !setParameter || !compressContext || !decompressContext) return undefined;
  let levelNow = 0;
  return {
    compress(plain, level, into) {
      if (level !== levelNow) {
        setParameter(compressContext, compressionLevelParameter, level);
        levelNow = level;
      }
      const length = Number(compress2(compressContext, into, into.byteLength, plain, plain.byteLength));
      if (length === destinationTooSmall) return undefined;
      if (length < 0) throw new Error(`zstd could not compress: error ${-length}`);
      return length;
    },
    decompress(frame, into) {
      const length = Number(decompressDCtx(decompressContext, into, into.byteLength, frame, frame.byteLength));
      if (length === destinationTooSmall) throw new Error("it unpacks to more bytes than it should");
      if (length < 0) throw new Error(`zstd says that it is broken: error ${-length}`);
      return length;
    },
  };
}
