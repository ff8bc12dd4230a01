import { KiB, MiB } from "@holdfast/base";
import { nodeZstd, zstd } from "../native/zstd.ts";
import { frameContentBytes } from "./zstd-frame.ts";

/** restic's words for how hard to try; "off" leaves file contents as they are and compresses the rest as "auto". */
export const compressionModes = ["auto", "off", "fastest", "better", "max"] as const;
export type CompressionMode = (typeof compressionModes)[number];

/**
 * zstd's levels. "auto" takes what comes closest to the size that restic's gives: a level more costs a fifth more time.
 * The frame has no checksum: the seal around it and the hash inside it are stronger.
 */
const levels: Readonly<Record<CompressionMode, number>> = { auto: 2, off: 2, fastest: 1, better: 7, max: 12 };

/** Content from here on is tried in a few places first: what does not shrink there is not worth the time. */
const sampledBytesMin = 128 * KiB;
const sampleBytes = 8 * KiB;
const sampleCount = 3;
/** Of the samples' length, what their frames may be together for the whole to be tried. */
const worthwhileShare = 0.97;

let scratch = new Uint8Array(MiB);

/**
 * One zstd frame of the content, in memory that the next call uses again.
 * @param onlyShorter undefined is the answer when a frame would not be shorter, or samples say so
 */
export function compressShared(plain: Uint8Array, mode: CompressionMode, onlyShorter: boolean): Uint8Array | undefined {
  if (onlyShorter && mode !== "max" && isHopeless(plain)) return undefined;
  const lengthMax = onlyShorter ? plain.byteLength - 1 : boundOf(plain.byteLength);
  if (scratch.byteLength < lengthMax) scratch = new Uint8Array(lengthMax + MiB);
  const length = zstd.compress(plain, levels[mode], scratch.subarray(0, lengthMax));
  return length === undefined ? undefined : scratch.subarray(0, length);
}

/** One zstd frame in memory of its own. May be longer than `plain`. */
export function compress(plain: Uint8Array, mode: CompressionMode = "auto"): Uint8Array {
  return compressShared(plain, mode, false)!.slice();
}

/**
 * The content of a zstd frame.
 * @param lengthMax bytes; a frame that holds more is refused before it fills the memory
 * @throws Error when the frame is broken or too long
 */
export function decompress(frame: Uint8Array, lengthMax: number): Uint8Array {
  const length = frameContentBytes(frame);
  if (length === undefined) return decompressGrowing(frame, lengthMax);
  if (length > lengthMax) throw new Error(`unpacks to ${length} bytes instead of ${lengthMax}`);
  const plain = Buffer.allocUnsafeSlow(length);
  return plain.subarray(0, zstd.decompress(frame, plain));
}

/** A frame that does not say how much it holds, as streams write them. */
function decompressGrowing(frame: Uint8Array, lengthMax: number): Uint8Array {
  for (let room = Math.min(lengthMax, 8 * MiB); ; room = Math.min(lengthMax, room * 4)) {
    const plain = Buffer.allocUnsafeSlow(room);
    try {
      return plain.subarray(0, nodeZstd.decompress(frame, plain));
    } catch (error) {
      if (room === lengthMax || !isTooLong(error)) throw error;
    }
  }
}

function isTooLong(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ERR_BUFFER_TOO_LARGE";
}

/** Whether quick frames of a few places say that the content does not shrink: pictures, archives, what is encrypted. */
function isHopeless(plain: Uint8Array): boolean {
  if (plain.byteLength < sampledBytesMin) return false;
  let bytes = 0;
  for (let sample = 0; sample < sampleCount; sample += 1) {
    const at = Math.floor(((plain.byteLength - sampleBytes) / (sampleCount - 1)) * sample);
    const frame = zstd.compress(plain.subarray(at, at + sampleBytes), levels.fastest, scratch);
    bytes += frame ?? sampleBytes;
  }
  return bytes > worthwhileShare * sampleBytes * sampleCount;
}

/** The longest frame there can be. @see ZSTD_COMPRESSBOUND in zstd.h */
function boundOf(length: number): number {
  return length + Math.ceil(length / 256) + 64;
}
