import { concatBytes } from "@holdfast/base";
import { piecesOfBody } from "./file-body.ts";
import { existingFile, missingFile, shortFile } from "./file-failures.ts";
import { pathOf } from "./layout.ts";
import type { ByteRange, FileBody, FileEntry, FileHandle, FileType, Storage } from "./storage.ts";

/** A storage that ends with the process: for tests, and for trying things out. */
export function memoryStorage(): Storage {
  return new MemoryStorage();
}

const location = "memory:";

class MemoryStorage implements Storage {
  readonly location = location;
  readonly properties = { connectionsMax: 8, hasAtomicWrite: true };
  /** By path, in the order of writing. */
  readonly #files = new Map<string, { readonly file: FileHandle; readonly bytes: Uint8Array }>();

  async create(signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
  }

  async stat(file: FileHandle, signal?: AbortSignal): Promise<FileEntry> {
    return { name: file.name, sizeBytes: this.#bytesOf(file, signal).byteLength };
  }

  async read(file: FileHandle, range?: ByteRange, signal?: AbortSignal): Promise<Uint8Array> {
    return cut(file, this.#bytesOf(file, signal), range).slice();
  }

  async *stream(file: FileHandle, range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    const bytes = cut(file, this.#bytesOf(file, signal), range);
    for (let at = 0; at < bytes.byteLength; at += pieceBytes) {
      signal?.throwIfAborted();
      yield bytes.slice(at, at + pieceBytes);
    }
  }

  async write(file: FileHandle, body: Uint8Array | FileBody, signal?: AbortSignal): Promise<void> {
    const key = keyOf(file);
    signal?.throwIfAborted();
    if (this.#files.has(key)) throw existingFile(file, location);
    const pieces: Uint8Array[] = [];
    for await (const piece of piecesOfBody(body)) {
      signal?.throwIfAborted();
      pieces.push(new Uint8Array(piece));
    }
    signal?.throwIfAborted();
    if (this.#files.has(key)) throw existingFile(file, location);
    this.#files.set(key, { file: { ...file }, bytes: concatBytes(pieces) });
  }

  async remove(file: FileHandle, signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    this.#files.delete(keyOf(file));
  }

  async *list(type: FileType, signal?: AbortSignal): AsyncGenerator<FileEntry> {
    signal?.throwIfAborted();
    for (const { file, bytes } of this.#files.values()) {
      signal?.throwIfAborted();
      if (file.type === type) yield { name: file.name, sizeBytes: bytes.byteLength };
    }
  }

  async close(): Promise<void> {}

  #bytesOf(file: FileHandle, signal: AbortSignal | undefined): Uint8Array {
    signal?.throwIfAborted();
    const found = this.#files.get(keyOf(file));
    if (found === undefined) throw missingFile(file, location);
    return found.bytes;
  }
}

/** As a disk or a network would hand them out: callers must not lean on one piece being the whole. */
const pieceBytes = 64 * 1024;

function keyOf(file: FileHandle): string {
  return pathOf(file).join("/");
}

function cut(file: FileHandle, bytes: Uint8Array, range: ByteRange | undefined): Uint8Array {
  if (range === undefined) return bytes;
  const end = range.offset + range.length;
  if (end > bytes.byteLength) throw shortFile(file, location, range, bytes.byteLength);
  return bytes.subarray(range.offset, end);
}
