import { KiB, toHex } from "@holdfast/base";
import { sha256, type BlobId } from "../id.ts";
import type { Decoder } from "../repository/decoder.ts";
import type { WriteJob } from "./restore-job.ts";
import { readFully } from "./target-file.ts";

/**
 * The chunks of one job, each decoded and proven when it is first asked for. One that several files of the job contain
 * is decoded once.
 */
export class JobChunks {
  readonly #decoder: Decoder;
  readonly #job: WriteJob;
  readonly #uses: Uint32Array;
  readonly #decoded = new Map<number, Uint8Array>();

  constructor(decoder: Decoder, job: WriteJob) {
    this.#decoder = decoder;
    this.#job = job;
    this.#uses = new Uint32Array(job.chunks.length);
    for (const entry of job.entries) if ("chunks" in entry) for (const chunk of entry.chunks) this.#uses[chunk]! += 1;
  }

  /**
   * @param keptFd the file that is there already
   * @param at where in it the chunk belongs
   * @returns undefined when the chunk cannot be had where it should be
   */
  take(chunk: number, keptFd: number | undefined, at: number): Uint8Array | undefined {
    const source = this.#job.chunks[chunk]!;
    switch (source.is) {
      case "plain":
        return this.#job.segments[source.segment]!;
      case "stored":
        return this.#decoded.get(chunk) ?? this.#decode(chunk, source);
      case "kept":
        return keptFd === undefined ? undefined : chunkOf(keptFd, source.id, source.length, at);
      case "absent":
        return undefined;
    }
  }

  /** The bytes are written; nobody has a use for them any more unless another file of the job contains them. */
  release(chunk: number, bytes: Uint8Array): void {
    if (this.#job.chunks[chunk]!.is === "stored" && this.#uses[chunk] === 1) freeNow(bytes);
  }

  #decode(
    chunk: number,
    source: { id: BlobId; segment: number; at: number; length: number; uncompressedLength: number },
  ): Uint8Array | undefined {
    const { id, segment, at, length, uncompressedLength } = source;
    const stored = this.#job.segments[segment]!.subarray(at, at + length);
    let plain: Uint8Array;
    try {
      plain = this.#decoder.decode(id, uncompressedLength, stored);
    } catch {
      return undefined; // whoever gave the job looks for another copy, and says what is wrong if there is none
    }
    if (this.#uses[chunk]! > 1) this.#decoded.set(chunk, plain);
    return plain;
  }
}

const largeEnoughBytes = 64 * KiB;

/**
 * Gives memory back that the garbage collector, which sees a few bytes of handle, would come round to much later. Only
 * what is an array of its own: small ones may share their buffer.
 */
function freeNow({ buffer, byteLength }: Uint8Array): void {
  if (byteLength >= largeEnoughBytes && buffer instanceof ArrayBuffer) buffer.transfer(0);
}

/** A chunk from a file that has it already; undefined when it does not have it any more. */
function chunkOf(fd: number, id: BlobId, length: number, at: number): Uint8Array | undefined {
  const bytes = Buffer.allocUnsafeSlow(length);
  return readFully(fd, bytes, at) === length && toHex(sha256(bytes)) === id ? bytes : undefined;
}
