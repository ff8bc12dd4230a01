import { createHash } from "node:crypto";
import { messageOf, toHex } from "@holdfast/base";
import type { MasterKey } from "../crypto/master-key.ts";
import { checkTag, open } from "../crypto/seal.ts";
import { idOf, type PackId } from "../id.ts";
import { proveBlob } from "./blob-encoding.ts";
import {
  headerLengthBytes,
  packEndBytesMax,
  parseHeaderLength,
  parsePackHeader,
  type PackedBlob,
} from "./pack-header.ts";

/** What one reading of a pack found. No findings: every byte is what was written. */
export interface PackReading {
  /** One sentence each. */
  readonly findings: readonly string[];
  /** The blobs that cannot be had from this pack. */
  readonly brokenBlobs: readonly PackedBlob[];
  readonly bytesRead: number;
}

/**
 * Reads a whole pack once and proves it: the file's hash, each blob, and that header and index agree.
 * Memory stays within the largest blob and what lies behind the last one.
 *
 * @param indexed what the index says the pack holds, by ascending offset
 * @throws what reading `pieces` throws
 */
export async function readPack(
  key: MasterKey,
  id: PackId,
  indexed: readonly PackedBlob[],
  pieces: AsyncIterable<Uint8Array>,
): Promise<PackReading> {
  const examination = new PackExamination(key, id, indexed);
  for await (const piece of pieces) examination.take(piece);
  return examination.end();
}

/** As `readPack`, for a pack that is in memory as a whole. */
export function examinePack(
  key: MasterKey,
  id: PackId,
  indexed: readonly PackedBlob[],
  bytes: Uint8Array,
): PackReading {
  const examination = new PackExamination(key, id, indexed);
  examination.take(bytes);
  return examination.end();
}

/** A whole pack in memory; nobody says yet what it is called. */
export interface UnnamedPack {
  readonly bytes: Uint8Array;
  readonly blobs: readonly PackedBlob[];
}

/** One reading of a pack, piece by piece. */
class PackExamination {
  readonly #key: MasterKey;
  readonly #id: PackId;
  readonly #indexed: readonly PackedBlob[];
  readonly #findings: string[] = [];
  readonly #brokenBlobs: PackedBlob[] = [];
  readonly #hash = createHash("sha256");
  readonly #queue = new ByteQueue();
  #bytesRead = 0;
  #next = 0;
  #at = 0; // where the queue begins in the pack
  #gap = 0; // bytes before it that no blob covers
  #isTooLong = false;

  constructor(key: MasterKey, id: PackId, indexed: readonly PackedBlob[]) {
    this.#key = key;
    this.#id = id;
    this.#indexed = indexed;
  }

  take(piece: Uint8Array): void {
    this.#hash.update(piece);
    this.#bytesRead += piece.byteLength;
    this.#queue.push(piece);
    const queue = this.#queue;
    for (; this.#next < this.#indexed.length; this.#next += 1) {
      const blob = this.#indexed[this.#next]!;
      if (blob.offset < this.#at) {
        this.#findings.push(`The index lets blob ${blob.id} overlap the one before it.`);
        this.#brokenBlobs.push(blob);
        continue;
      }
      if (blob.offset > this.#at + queue.byteLength) {
        this.#gap += queue.byteLength;
        this.#at += queue.take(queue.byteLength).byteLength; // of a gap nothing is kept, however wide it is
        break;
      }
      if (blob.offset > this.#at) {
        this.#gap += blob.offset - this.#at;
        this.#at += queue.take(blob.offset - this.#at).byteLength;
      }
      if (this.#gap > 0)
        this.#findings.push(`No blob of the index covers the bytes ${this.#at - this.#gap} to ${this.#at}.`);
      this.#gap = 0;
      if (blob.offset + blob.length > this.#at + queue.byteLength) break;
      const stored = queue.take(blob.length);
      const finding = faultOf(blob, () => proveBlob(this.#key, blob.id, blob.uncompressedLength, stored));
      this.#at = blob.offset + blob.length;
      if (finding === undefined) continue;
      this.#findings.push(finding);
      this.#brokenBlobs.push(blob);
    }
    if (this.#next < this.#indexed.length || queue.byteLength <= packEndBytesMax) return;
    this.#isTooLong = true;
    queue.take(queue.byteLength - packEndBytesMax);
  }

  end(): PackReading {
    const findings = this.#findings;
    const queue = this.#queue;
    if (this.#isTooLong) findings.push("More than a header lies behind the last blob.");
    for (const blob of this.#indexed.slice(this.#next)) {
      findings.push(`Blob ${blob.id} lies beyond the end of the pack.`);
      this.#brokenBlobs.push(blob);
    }
    if (toHex(this.#hash.digest()) !== this.#id) findings.push("The file's hash is not its name.");
    findings.push(...headerFaults(this.#key, this.#indexed, queue.take(queue.byteLength), this.#bytesRead));
    return { findings, brokenBlobs: this.#brokenBlobs, bytesRead: this.#bytesRead };
  }
}

/**
 * Whether a pack that was just made, of blobs that were proven then, is still what was made: each seal is whole, and the
 * header says what is there.
 * @returns the first finding or undefined
 */
export function findFaultInNewPack(key: MasterKey, pack: UnnamedPack): string | undefined {
  return firstFault(key, pack, (_, stored) => checkTag(key, stored));
}

/**
 * Proves a pack that was put together of sealed blobs: each is decoded and hashed, and the header says what is there.
 * @returns the pack's id, undefined when anything is not what was written
 */
export function nameOfProvenPack(key: MasterKey, pack: UnnamedPack): PackId | undefined {
  const fault = firstFault(key, pack, ({ id, uncompressedLength }, stored) =>
    proveBlob(key, id, uncompressedLength, stored),
  );
  return fault === undefined ? idOf(pack.bytes) : undefined;
}

/** @param examine throws when a blob is not what it should be */
function firstFault(
  key: MasterKey,
  { bytes, blobs }: UnnamedPack,
  examine: (blob: PackedBlob, stored: Uint8Array) => void,
): string | undefined {
  for (const blob of blobs) {
    const stored = bytes.subarray(blob.offset, blob.offset + blob.length);
    const finding = faultOf(blob, () => examine(blob, stored));
    if (finding !== undefined) return finding;
  }
  const last = blobs.at(-1)!;
  return headerFaults(key, blobs, bytes.subarray(last.offset + last.length), bytes.byteLength)[0];
}

/** @param examine throws what is wrong */
function faultOf({ id }: PackedBlob, examine: () => void): string | undefined {
  try {
    examine();
    return undefined;
  } catch (error) {
    return `Blob ${id}: ${messageOf(error)}.`;
  }
}

/** @param rest everything behind the last blob: the encrypted header and its length */
function headerFaults(key: MasterKey, indexed: readonly PackedBlob[], rest: Uint8Array, sizeBytes: number): string[] {
  try {
    if (rest.byteLength < headerLengthBytes) return ["The pack ends before its header."];
    const length = parseHeaderLength(rest, sizeBytes);
    if (length + headerLengthBytes !== rest.byteLength) return ["The header does not begin where the blobs end."];
    const listed = parsePackHeader(open(key, rest.subarray(0, length)));
    const isSame =
      listed.length === indexed.length &&
      listed.every((blob, position) => {
        const other = indexed[position]!;
        return (
          blob.type === other.type &&
          blob.id === other.id &&
          blob.offset === other.offset &&
          blob.length === other.length &&
          blob.uncompressedLength === other.uncompressedLength
        );
      });
    return isSame ? [] : ["The header lists other blobs than the index."];
  } catch (error) {
    return [`Header: ${messageOf(error)}.`];
  }
}

/** Bytes in order, taken out in other portions than they came in. */
class ByteQueue {
  readonly #pieces: Uint8Array[] = [];
  byteLength = 0;

  push(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.byteLength += piece.byteLength;
  }

  /** The next `length` bytes; a view where one piece holds them all. */
  take(length: number): Uint8Array {
    this.byteLength -= length;
    const first = this.#pieces[0];
    if (first !== undefined && first.byteLength > length) {
      this.#pieces[0] = first.subarray(length);
      return first.subarray(0, length);
    }
    const taken = Buffer.allocUnsafe(length);
    for (let at = 0; at < length;) {
      const piece = this.#pieces[0]!;
      const part = piece.subarray(0, length - at);
      taken.set(part, at);
      at += part.byteLength;
      if (part.byteLength === piece.byteLength) this.#pieces.shift();
      else this.#pieces[0] = piece.subarray(part.byteLength);
    }
    return taken;
  }
}
