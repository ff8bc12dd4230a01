import { concatBytes, KiB, secondMs, type Clock } from "@holdfast/base";
import { piecesOfBody, sizeOfBody } from "./file-body.ts";
import type { ByteRange, FileBody, FileEntry, FileHandle, FileType, Storage } from "./storage.ts";

/** The most that goes each way; a way that is left out is not limited. */
export interface TransferLimits {
  readonly uploadBytesPerSecond?: number | undefined;
  readonly downloadBytesPerSecond?: number | undefined;
}

/** Larger pieces are cut, so that a slow pace is an even one and several transfers take turns. */
const pieceBytesMax = 16 * KiB;
/** What may go at once after a pause. */
const burstMs = secondMs / 10;

/**
 * `storage`, with contents passed on no faster than the limits, all transfers together. Listings and sizes are not
 * counted, and lock files are let through: whoever has to wait must not lose its hold over it.
 */
export function limited(storage: Storage, limits: TransferLimits, clock: Clock): Storage {
  const upload = new Pace(limits.uploadBytesPerSecond, clock);
  const download = new Pace(limits.downloadBytesPerSecond, clock);

  async function* stream(file: FileHandle, range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    yield* file.type === "lock"
      ? storage.stream(file, range, signal)
      : download.passOn(storage.stream(file, range, signal), signal);
  }
  return {
    location: storage.location,
    properties: storage.properties,
    create: (signal) => storage.create(signal),
    stat: (file, signal) => storage.stat(file, signal),
    async read(file: FileHandle, range?: ByteRange, signal?: AbortSignal): Promise<Uint8Array> {
      if (!download.isLimited || file.type === "lock") return storage.read(file, range, signal);
      return concatBytes(await Array.fromAsync(stream(file, range, signal)));
    },
    stream,
    async write(file: FileHandle, body: Uint8Array | FileBody, signal?: AbortSignal): Promise<void> {
      if (!upload.isLimited || file.type === "lock") return storage.write(file, body, signal);
      const pieces = upload.passOn(piecesOfBody(body), signal);
      return storage.write(file, { sizeBytes: sizeOfBody(body), pieces }, signal);
    },
    remove: (file, signal) => storage.remove(file, signal),
    list: (type: FileType, signal?: AbortSignal): AsyncIterable<FileEntry> => storage.list(type, signal),
    close: () => storage.close(),
  };
}

/** A bucket of time: each byte takes its share of it, and a little is saved up while nothing goes. */
class Pace {
  readonly isLimited: boolean;
  readonly #msPerByte: number;
  readonly #clock: Clock;
  #takenUntilMs = -Infinity;

  constructor(bytesPerSecond: number | undefined, clock: Clock) {
    this.isLimited = bytesPerSecond !== undefined;
    this.#msPerByte = bytesPerSecond === undefined ? 0 : secondMs / bytesPerSecond;
    this.#clock = clock;
  }

  async *passOn(pieces: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
    for await (const piece of pieces) {
      if (!this.isLimited) yield piece;
      else {
        for (let at = 0; at < piece.byteLength; at += pieceBytesMax) {
          const part = piece.subarray(at, at + pieceBytesMax);
          await this.#take(part.byteLength, signal);
          yield part;
        }
      }
    }
  }

  async #take(bytes: number, signal: AbortSignal | undefined): Promise<void> {
    const nowMs = this.#clock.monotonicMs();
    this.#takenUntilMs = Math.max(this.#takenUntilMs, nowMs - burstMs) + bytes * this.#msPerByte;
    const waitMs = this.#takenUntilMs - nowMs;
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal);
    signal?.throwIfAborted();
  }
}
