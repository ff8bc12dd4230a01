import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import { HoldfastError, KiB, secondMs, type Clock } from "@holdfast/base";
import type { FileHandle } from "@holdfast/storage";
import { gatewayErrors } from "../errors.ts";

/** Slower than this, after the grace, is no backup but somebody holding our connections. */
const bytesPerSecondMin = 2 * KiB;
const graceMs = 60 * secondMs;

/**
 * The body of an upload on its way to the storage, whose last piece is followed by an error when the bytes are not
 * what their name says; the storage then stores nothing. The config has no hash in its name and is taken as it comes.
 *
 * @throws GATEWAY_NO_LENGTH where the request does not say how long its body is
 */
export function verifiedUpload(request: IncomingMessage, file: FileHandle, clock: Clock): VerifiedUpload {
  const length = request.headers["content-length"];
  if (length === undefined || !/^\d{1,15}$/.test(length)) {
    throw new HoldfastError(gatewayErrors.noLength, "The upload has no Content-Length.");
  }
  return new VerifiedUpload(request, file, Number(length), clock);
}

export class VerifiedUpload {
  readonly sizeBytes: number;
  /** For the storage; can be read once. */
  readonly pieces: AsyncGenerator<Uint8Array>;
  readonly #request: IncomingMessage;
  readonly #file: FileHandle;
  readonly #clock: Clock;
  #isVerified = false;

  constructor(request: IncomingMessage, file: FileHandle, sizeBytes: number, clock: Clock) {
    this.#request = request;
    this.#file = file;
    this.sizeBytes = sizeBytes;
    this.#clock = clock;
    this.pieces = this.#read();
  }

  /**
   * Reads what the storage has not. Whether all bytes have come and are what the name says; false where a storage
   * stopped in the middle, so that nobody knows.
   * @throws GATEWAY_WRONG_HASH, GATEWAY_TOO_SLOW
   */
  async finish(): Promise<boolean> {
    for await (const _ of this.pieces);
    return this.#isVerified;
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    const startedAtMs = this.#clock.monotonicMs();
    const hash = createHash("sha256");
    let bytes = 0;
    // A storage that stops reading must not take the connection with it: the answer is still to be sent.
    const body: AsyncIterable<Uint8Array> = this.#request.iterator({ destroyOnReturn: false });
    for await (const piece of body) {
      bytes += piece.byteLength;
      const tookMs = this.#clock.monotonicMs() - startedAtMs;
      if (tookMs > graceMs + (bytes / bytesPerSecondMin) * secondMs) {
        throw new HoldfastError(gatewayErrors.tooSlow, "The upload is too slow.");
      }
      hash.update(piece);
      yield piece;
    }
    if (this.#file.type !== "config" && hash.digest("hex") !== this.#file.name) {
      throw new HoldfastError(gatewayErrors.wrongHash, "The upload's SHA-256 is not its name.");
    }
    this.#isVerified = true;
  }
}
