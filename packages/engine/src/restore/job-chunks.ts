import { toHex } from "@holdfast/base";
import { sha256, type BlobId } from "../id.ts";
import type { Decoder } from "../repository/decoder.ts";
import type { DecodeRoom } from "./decode-room.ts";
import type { WriteJob } from "./restore-job.ts";
import { readFully } from "./target-file.ts";

/**
 * The chunks of one job, each decoded and proven when it is first asked for. One that several files of the job contain
 * is decoded once, into memory of its own; the others into room that the caller clears.
 */
export class JobChunks {
  readonly #decoder: Decoder;
  readonly #job: WriteJob;
  readonly #room: DecodeRoom;
  readonly #uses: Uint32Array;
  readonly #decoded = new Map<number, Uint8Array>();

  constructor(decoder: Decoder, job: WriteJob, room: DecodeRoom) {
    this.#decoder = decoder;
    this.#job = job;
    this.#room = room;
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
        return keptFd === undefined ? undefined : this.#chunkOf(keptFd, source.id, source.length, at);
      case "absent":
        return undefined;
    }
  }

  #decode(
    chunk: number,
    source: { id: BlobId; segment: number; at: number; length: number; uncompressedLength: number },
  ): Uint8Array | undefined {
    const { id, segment, at, length, uncompressedLength } = source;
    const stored = this.#job.segments[segment]!.subarray(at, at + length);
    const isSingle = this.#uses[chunk] === 1;
    let plain: Uint8Array;
    try {
      plain = this.#decoder.decode(
        id,
        uncompressedLength,
        stored,
        isSingle ? (size) => this.#room.take(size) : undefined,
      );
    } catch {
      return undefined; // whoever gave the job looks for another copy, and says what is wrong if there is none
    }
    if (!isSingle) this.#decoded.set(chunk, plain);
    return plain;
  }

  /** A chunk from a file that has it already; undefined when it does not have it any more. */
  #chunkOf(fd: number, id: BlobId, length: number, at: number): Uint8Array | undefined {
    const bytes = this.#room.take(length);
    return readFully(fd, bytes, at) === length && toHex(sha256(bytes)) === id ? bytes : undefined;
  }
}
