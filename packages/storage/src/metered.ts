import { sizeOfBody } from "./file-body.ts";
import type { ByteRange, FileBody, FileEntry, FileHandle, FileType, Storage } from "./storage.ts";

/** What went through a storage. Bytes count when the call succeeded, or as they arrive in a stream. */
export interface StorageCounters {
  reads: number;
  writes: number;
  removals: number;
  listings: number;
  readBytes: number;
  writtenBytes: number;
}

export function newStorageCounters(): StorageCounters {
  return { reads: 0, writes: 0, removals: 0, listings: 0, readBytes: 0, writtenBytes: 0 };
}

/** `storage`, with what goes through it added to `counters`. */
export function metered(storage: Storage, counters: StorageCounters): Storage {
  return {
    location: storage.location,
    properties: storage.properties,
    create: (signal) => storage.create(signal),
    stat: (file, signal) => storage.stat(file, signal),
    async read(file: FileHandle, range?: ByteRange, signal?: AbortSignal): Promise<Uint8Array> {
      counters.reads += 1;
      const bytes = await storage.read(file, range, signal);
      counters.readBytes += bytes.byteLength;
      return bytes;
    },
    async *stream(file: FileHandle, range?: ByteRange, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
      counters.reads += 1;
      for await (const piece of storage.stream(file, range, signal)) {
        counters.readBytes += piece.byteLength;
        yield piece;
      }
    },
    async write(file: FileHandle, body: Uint8Array | FileBody, signal?: AbortSignal): Promise<void> {
      await storage.write(file, body, signal);
      counters.writes += 1;
      counters.writtenBytes += sizeOfBody(body);
    },
    async remove(file: FileHandle, signal?: AbortSignal): Promise<void> {
      await storage.remove(file, signal);
      counters.removals += 1;
    },
    list(type: FileType, signal?: AbortSignal): AsyncIterable<FileEntry> {
      counters.listings += 1;
      return storage.list(type, signal);
    },
    close: () => storage.close(),
  };
}
