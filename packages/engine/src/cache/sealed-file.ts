import { createCipheriv, createDecipheriv } from "node:crypto";
import { open, rename, rm, type FileHandle } from "node:fs/promises";
import { MiB, toHex, type Random } from "@holdfast/base";
import type { MasterKey } from "../crypto/master-key.ts";

const chunkBytes = 1 * MiB;
const tagBytes = 16;
const saltBytes = 32;
const magic = Buffer.from("holdfast-sealed1");
const headBytes = magic.byteLength + saltBytes;

/** Tables are written as they lie in memory, so what holds some says in its purpose how this machine has numbers. */
export const byteOrder = new Uint8Array(Uint32Array.of(1).buffer)[0] === 1 ? "LE" : "BE";
const jsonBytesMax = 64 * MiB;

/** A file of ours is not what was written, or belongs to another key or purpose. It is made anew. */
export class SealedFileFault extends Error {}

/**
 * Writes a file that only the holder of the repository's key can have written, and only for this purpose: a salt, then
 * chunks of a mebibyte under AES-256-GCM. Each file has a key of its own, from the master key and the salt, so the
 * chunks can count their nonces; the last one says that it is, so none can be cut off.
 *
 * @param pieces the content in order; a piece is used up before the next is asked for
 */
export async function writeSealedFile(
  path: string,
  pieces: Iterable<Uint8Array>,
  sealing: { key: MasterKey; purpose: string; random: Random },
): Promise<void> {
  const salt = sealing.random.bytes(saltBytes);
  const key = sealing.key.derive(sealing.purpose, salt);
  const temporary = `${path}-tmp-${toHex(sealing.random.bytes(8))}`;
  const file = await open(temporary, "wx", 0o600);
  try {
    try {
      await writeAll(file, Buffer.concat([magic, salt]));
      const plain = Buffer.allocUnsafeSlow(chunkBytes);
      let filled = 0;
      let chunk = 0;
      for (const piece of pieces) {
        for (let at = 0; at < piece.byteLength;) {
          if (filled === chunkBytes) {
            await writeAll(file, sealChunk(key, chunk, false, plain));
            chunk += 1;
            filled = 0;
          }
          const part = piece.subarray(at, at + chunkBytes - filled);
          plain.set(part, filled);
          filled += part.byteLength;
          at += part.byteLength;
        }
      }
      await writeAll(file, sealChunk(key, chunk, true, plain.subarray(0, filled)));
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/** A document at the beginning of a file, or between other pieces of it. */
export function jsonPieces(value: unknown): Uint8Array[] {
  const json = Buffer.from(JSON.stringify(value));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(json.byteLength);
  return [length, json];
}

/** Reads what `writeSealedFile` wrote, in order and each byte only after it was authenticated. */
export class SealedFileReader {
  readonly #file: FileHandle;
  readonly #sizeBytes: number;
  readonly #key: Buffer;
  readonly #sealed = Buffer.allocUnsafeSlow(chunkBytes + tagBytes);
  #plain: Buffer = Buffer.alloc(0);
  #used = 0;
  #chunk = 0;
  #at = headBytes;

  private constructor(file: FileHandle, sizeBytes: number, key: Buffer) {
    this.#file = file;
    this.#sizeBytes = sizeBytes;
    this.#key = key;
  }

  /** @throws SealedFileFault, and the system's errors */
  static async open(path: string, sealing: { key: MasterKey; purpose: string }): Promise<SealedFileReader> {
    const file = await open(path, "r");
    try {
      const head = Buffer.alloc(headBytes);
      const { bytesRead } = await file.read(head, 0, headBytes, 0);
      if (bytesRead < headBytes || !head.subarray(0, magic.byteLength).equals(magic))
        throw new SealedFileFault("no file of this kind");
      const key = sealing.key.derive(sealing.purpose, head.subarray(magic.byteLength));
      return new SealedFileReader(file, (await file.stat()).size, key);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Fills `target`, which may lie in shared memory. @throws SealedFileFault */
  async readInto(target: Uint8Array): Promise<void> {
    for (let at = 0; at < target.byteLength;) {
      if (this.#used === this.#plain.byteLength) await this.#nextChunk();
      const part = this.#plain.subarray(this.#used, this.#used + target.byteLength - at);
      target.set(part, at);
      at += part.byteLength;
      this.#used += part.byteLength;
    }
  }

  /** The next so many bytes, in memory of their own. */
  async read(length: number): Promise<Buffer> {
    if (length > this.#sizeBytes) throw new SealedFileFault("a length beyond the file's own");
    const bytes = Buffer.alloc(length);
    await this.readInto(bytes);
    return bytes;
  }

  /** What `jsonPieces` gave. @throws SealedFileFault */
  async readJson(): Promise<unknown> {
    const length = (await this.read(4)).readUInt32LE();
    if (length > jsonBytesMax) throw new SealedFileFault("too long");
    return JSON.parse((await this.read(length)).toString("utf8"));
  }

  /** @throws SealedFileFault unless everything was read */
  expectEnd(): void {
    if (this.#used < this.#plain.byteLength || this.#at < this.#sizeBytes)
      throw new SealedFileFault("more than expected");
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async #nextChunk(): Promise<void> {
    const length = Math.min(chunkBytes + tagBytes, this.#sizeBytes - this.#at);
    if (length < tagBytes) throw new SealedFileFault("cut short");
    for (let at = 0; at < length;) {
      const { bytesRead } = await this.#file.read(this.#sealed, at, length - at, this.#at + at);
      if (bytesRead === 0) throw new SealedFileFault("cut short");
      at += bytesRead;
    }
    this.#at += length;
    this.#plain = openChunk(this.#key, this.#chunk, this.#at === this.#sizeBytes, this.#sealed.subarray(0, length));
    this.#chunk += 1;
    this.#used = 0;
  }
}

/** Its number, and whether it is the last one. */
function nonceOf(chunk: number, isLast: boolean): Buffer {
  const nonce = Buffer.alloc(12);
  nonce.writeUInt32LE(chunk, 0);
  nonce[11] = isLast ? 1 : 0;
  return nonce;
}

function sealChunk(key: Buffer, chunk: number, isLast: boolean, plain: Uint8Array): Buffer {
  const cipher = createCipheriv("aes-256-gcm", key, nonceOf(chunk, isLast));
  return Buffer.concat([cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

function openChunk(key: Buffer, chunk: number, isLast: boolean, sealed: Buffer): Buffer {
  const cipher = createDecipheriv("aes-256-gcm", key, nonceOf(chunk, isLast), { authTagLength: tagBytes });
  cipher.setAuthTag(sealed.subarray(sealed.byteLength - tagBytes));
  const plain = cipher.update(sealed.subarray(0, sealed.byteLength - tagBytes));
  try {
    cipher.final();
  } catch (cause) {
    throw new SealedFileFault("its authentication tag does not fit", { cause });
  }
  return plain;
}

async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let at = 0; at < bytes.byteLength;) at += (await file.write(bytes, at, bytes.byteLength - at)).bytesWritten;
}
