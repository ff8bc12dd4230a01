import { createHash, type Hash } from "node:crypto";
import { type Random, HoldfastError, MiB, assert } from "@holdfast/base";
import type { BlobType } from "../blob.ts";
import type { MasterKey } from "../crypto/master-key.ts";
import { newNonce, seal, sealInto, sealOverheadBytes } from "../crypto/seal.ts";
import { engineErrors } from "../errors.ts";
import { idFromBytes, type BlobId, type PackId } from "../id.ts";
import { leadsBack, type EncodedBlob, type PreparedBlob } from "./blob-encoding.ts";
import { headerLengthBytes, packedBlobsMax, serialisePackHeader, type PackedBlob } from "./pack-header.ts";
import { findFaultInNewPack, type UnnamedPack } from "./pack-reading.ts";

/** restic's default, and a size its own prune leaves alone. */
export const packBytesTarget = 16 * MiB;
/** Room beyond the target, at most as much again: the last chunk and the header of almost every pack fit without a copy. */
const slackBytes = 9 * MiB;

const lengthLimit = 2 ** 32;

/** Memory for one pack: virtual for the most part, until blobs are written to it. */
export function packRoomBytes(bytesTarget: number): number {
  return bytesTarget + Math.min(slackBytes, bytesTarget);
}

export interface FinishedPack extends UnnamedPack {
  readonly id: PackId;
}

/** Sealed blobs that have no header yet, to be added to another pack: what they are does not depend on where they lie. */
export interface UnfinishedPack {
  readonly bytes: Uint8Array;
  readonly blobs: readonly PackedBlob[];
}

/**
 * One pack in the making, in memory; its hash runs along. All blobs of a pack have the same type.
 * Memory that nothing was written to costs nothing: the system gives pages as they are touched.
 */
export class PackWriter {
  readonly #type: BlobType;
  readonly #bytesTarget: number;
  readonly #hash: Hash | undefined;
  readonly #blobs: PackedBlob[] = [];
  #buffer: Buffer;
  #used = 0;

  /**
   * @param spare memory to use, as that of an earlier pack that is stored
   * @param isNamed false for one that is hashed elsewhere, see `finishUnnamed`
   */
  constructor(type: BlobType, bytesTarget: number, spare?: ArrayBufferLike, isNamed = true) {
    this.#type = type;
    this.#hash = isNamed ? createHash("sha256") : undefined;
    this.#bytesTarget = bytesTarget;
    this.#buffer = Buffer.from(spare ?? new ArrayBuffer(packRoomBytes(bytesTarget)));
  }

  /** True when the pack should be finished; it may then be longer than the target by one blob. */
  get isFull(): boolean {
    return this.#used >= this.#bytesTarget || this.#blobs.length >= packedBlobsMax;
  }

  get isEmpty(): boolean {
    return this.#blobs.length === 0;
  }

  /** Takes a copy of the stored bytes. The same id must not come twice: rustic's prune trips over that. */
  add(id: BlobId, { stored, uncompressedLength }: EncodedBlob): void {
    this.#note(id, stored.byteLength, uncompressedLength);
    this.#append(stored);
  }

  /**
   * Encrypts a blob into the pack.
   * @param plain what `prepared` was made of; to prove that it leads back there, undefined not to
   * @returns the bytes it takes
   * @throws ENGINE_VERIFICATION_FAILED
   */
  seal(id: BlobId, prepared: PreparedBlob, key: MasterKey, nonce: Uint8Array, plain: Uint8Array | undefined): number {
    const length = prepared.bytes.byteLength + sealOverheadBytes;
    this.#note(id, length, prepared.uncompressedLength);
    this.#makeRoom(length);
    const stored = this.#buffer.subarray(this.#used, this.#used + length);
    sealInto(key, nonce, prepared.bytes, stored);
    if (plain !== undefined && !leadsBack(key, stored, prepared, plain)) throw verificationFailed(`Blob ${id}`);
    this.#hash?.update(stored);
    this.#used += length;
    return length;
  }

  #note(id: BlobId, length: number, uncompressedLength: number): void {
    assert(this.#blobs.length < packedBlobsMax, "a full pack takes no more blobs");
    assert(length < lengthLimit, "a header has 32 bits for a length");
    this.#blobs.push({ type: this.#type, id, offset: this.#used, length, uncompressedLength });
  }

  /**
   * Seals the header onto the pack.
   * @param isVerified looks once more whether the pack is what was made: every tag checked, the header parsed
   * @throws ENGINE_VERIFICATION_FAILED when the machine did not keep what it was given
   */
  finish(key: MasterKey, random: Random, isVerified: boolean): FinishedPack {
    assert(this.#hash !== undefined, "the hash ran along");
    const unnamed = this.finishUnnamed(key, random);
    const pack = { id: idFromBytes(this.#hash.digest()), ...unnamed };
    const finding = isVerified ? findFaultInNewPack(key, pack) : undefined;
    if (finding !== undefined) throw verificationFailed(finding);
    return pack;
  }

  /** Seals the header onto the pack, for somebody who proves it and takes its hash. */
  finishUnnamed(key: MasterKey, random: Random): UnnamedPack {
    assert(!this.isEmpty, "a pack holds at least one blob");
    const header = seal(key, newNonce(random), serialisePackHeader(this.#blobs));
    const trailer = Buffer.alloc(headerLengthBytes);
    trailer.writeUInt32LE(header.byteLength);
    this.#append(header);
    this.#append(trailer);
    return { bytes: this.#buffer.subarray(0, this.#used), blobs: this.#blobs };
  }

  /** What is in it so far; the writer is used up. */
  unfinished(): UnfinishedPack {
    return { bytes: this.#buffer.subarray(0, this.#used), blobs: this.#blobs };
  }

  #append(bytes: Uint8Array): void {
    this.#makeRoom(bytes.byteLength);
    this.#buffer.set(bytes, this.#used);
    this.#hash?.update(bytes);
    this.#used += bytes.byteLength;
  }

  #makeRoom(more: number): void {
    const needed = this.#used + more;
    if (needed <= this.#buffer.byteLength) return;
    const length = Math.max(needed + MiB, this.#buffer.byteLength * 2);
    const isShared = this.#buffer.buffer instanceof SharedArrayBuffer;
    const larger = Buffer.from(isShared ? new SharedArrayBuffer(length) : new ArrayBuffer(length));
    larger.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = larger;
  }
}

function verificationFailed(cause: string): HoldfastError {
  return new HoldfastError(
    engineErrors.verificationFailed,
    "This machine's memory or processor is unreliable: freshly encrypted data did not read back. Nothing was stored.",
    { cause },
  );
}
