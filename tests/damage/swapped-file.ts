import type { ByteRange, FileHandle, Storage } from "@holdfast/storage";
import { memoryStorage } from "@holdfast/storage";

/** A storage in which one file can be something else from one call to the next, without copying the rest. */
export interface SwappingStorage extends Storage {
  /** What the file is from now on; undefined puts back what was stored. */
  swap(file: FileHandle, bytes: Uint8Array | undefined): Promise<void>;
}

export function swappingStorage(storage: Storage): SwappingStorage {
  let swapped: { readonly file: FileHandle; readonly storage: Storage } | undefined;
  const holderOf = ({ type, name }: FileHandle) =>
    swapped !== undefined && swapped.file.type === type && swapped.file.name === name ? swapped.storage : storage;
  return {
    location: storage.location,
    properties: storage.properties,
    create: (signal) => storage.create(signal),
    stat: (file, signal) => holderOf(file).stat(file, signal),
    read: (file, range?: ByteRange, signal?: AbortSignal) => holderOf(file).read(file, range, signal),
    stream: (file, range, signal) => holderOf(file).stream(file, range, signal),
    write: (file, body, signal) => storage.write(file, body, signal),
    remove: (file, signal) => storage.remove(file, signal),
    async *list(type, signal) {
      for await (const entry of storage.list(type, signal)) {
        const file = { type, name: entry.name };
        yield holderOf(file) === storage ? entry : await holderOf(file).stat(file, signal);
      }
    },
    close: () => storage.close(),
    async swap(file, bytes) {
      swapped = undefined;
      if (bytes === undefined) return;
      const holder = memoryStorage();
      await holder.write(file, bytes);
      swapped = { file, storage: holder };
    },
  };
}
