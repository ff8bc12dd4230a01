import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  renameSync,
  unlinkSync,
  writeSync,
  type BigIntStats,
} from "node:fs";
import { hash } from "node:crypto";
import { setImmediate as nextTurn } from "node:timers/promises";
import { KiB, toHex } from "@holdfast/base";
import { native } from "../filesystem/native.ts";
import { sha256, type BlobId } from "../id.ts";
import type { TreeNode } from "../tree/node.ts";

const zeroBlock = Buffer.alloc(4 * KiB);

/**
 * The name a file is written under while another of its name is in the way. The same name always gives the same, so that
 * what an interrupted restore left is found by the next.
 */
export function temporaryName(name: Buffer): Buffer {
  return Buffer.from(`.holdfast-restore-${hash("sha256", name, "hex").slice(0, 16)}`);
}

/**
 * A file that is being restored into a new inode of its own, so nothing that exists is written into, be it a hard link
 * or what a symlink leads to.
 */
export class TargetFile {
  readonly fd: number;
  readonly path: Buffer;
  #isClosed = false;

  /** @throws the system's error, EEXIST when something has that name */
  constructor(path: Buffer) {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    this.fd = openSync(path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    this.path = path;
  }

  /** Has the system set space aside at once, which is quicker than bit by bit; where it cannot, nothing is lost. */
  reserve(sizeBytes: number): void {
    native?.reserve(this.fd, sizeBytes);
  }

  /** All content is there. Holes at the end become part of the file. */
  complete(sizeBytes: number): void {
    if (fstatSync(this.fd).size !== sizeBytes) ftruncateSync(this.fd, sizeBytes);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    closeSync(this.fd);
  }

  /** Leaves nothing behind. */
  discard(): void {
    this.close();
    unlinkSync(this.path);
  }

  /** Takes the place of whatever has the name `path`. */
  moveTo(path: Buffer): void {
    renameSync(this.path, path);
  }
}

/** Writes all of `bytes` at a place of an open file. @throws the system's error */
export function writeAt(fd: number, bytes: Uint8Array, at: number): void {
  for (let done = 0; done < bytes.byteLength;) {
    done += writeSync(fd, bytes, done, bytes.byteLength - done, at + done);
  }
}

/** As `writeAt`, leaving blocks of zeros out; the file's length is not theirs to give. */
export function writeAroundZeros(fd: number, bytes: Uint8Array, at: number): void {
  let start = 0; // of the run that is not zeros
  for (let from = 0; from < bytes.byteLength;) {
    const end = Math.min(bytes.byteLength, from + zeroBlock.length - ((at + from) % zeroBlock.length));
    if (zeroBlock.compare(bytes, from, end, 0, end - from) === 0) {
      if (from > start) writeAt(fd, bytes.subarray(start, from), at + start);
      start = end;
    }
    from = end;
  }
  if (start < bytes.byteLength) writeAt(fd, bytes.subarray(start), at + start);
}

/** What reading a file back chunk by chunk showed. */
export interface ContentCheck {
  /** True when length and all chunks are the snapshot's. */
  readonly isSame: boolean;
  /** SHA-256 of the bytes found at the place of each chunk, in order. */
  readonly digests: readonly Uint8Array[];
}

/**
 * Compares a file with the chunks that it should have, letting others have a turn after each.
 * @param lengths of the chunks, in bytes
 * @throws the system's error, the signal's reason
 */
export async function checkContent(
  fd: number,
  content: readonly BlobId[],
  lengths: readonly number[],
  signal: AbortSignal,
): Promise<ContentCheck> {
  const digests: Uint8Array[] = [];
  const buffer = Buffer.allocUnsafeSlow(lengths.reduce((longest, length) => Math.max(longest, length), 0));
  let isSame = true;
  let at = 0;
  for (const [chunk, length] of lengths.entries()) {
    if (chunk > 0) await nextTurn(undefined, { signal });
    const found = buffer.subarray(0, readFully(fd, buffer.subarray(0, length), at));
    const digest = sha256(found);
    isSame &&= found.length === length && toHex(digest) === content[chunk];
    digests.push(digest);
    at += length;
  }
  const { size } = fstatSync(fd, { bigint: true });
  return { isSame: isSame && size === BigInt(at), digests };
}

/** Fills `into` from `position` as far as the file reaches. @returns the bytes read */
export function readFully(fd: number, into: Uint8Array, position: number): number {
  let filled = 0;
  while (filled < into.byteLength) {
    const length = readSync(fd, into, filled, into.byteLength - filled, position + filled);
    if (length === 0) break;
    filled += length;
  }
  return filled;
}

/** Opens a regular file that exists, never what a symlink leads to. Undefined when something else is there. */
export function openExisting(path: Buffer): number | undefined {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  return undefined;
}

/** Whether a file that exists may be taken for the snapshot's without reading it. */
export function looksUnchanged(stats: BigIntStats, node: TreeNode): boolean {
  return stats.isFile() && stats.size === node.size && stats.mtimeNs === node.mtime.ns;
}
