import type { ByteRange, FileBody, FileEntry, FileHandle, FileType, Storage } from "@holdfast/storage";
import { isCachedType, type CacheFolder, type CachedType } from "./cache-folder.ts";

/**
 * `storage` with its snapshots, index files and packs of trees also kept in a local folder: what was read or written
 * once is not asked for again. A listing is always the storage's own, and what it no longer names leaves the cache.
 *
 * The bytes are as trustworthy as the storage's: whoever reads them proves them, and asks again with `cache: "renew"`
 * when they are damaged.
 */
export function cachedStorage(storage: Storage, cache: CacheFolder): Storage {
  /** Whole files on their way here, so that many blobs of one pack fetch it once. */
  const fetching = new Map<string, Promise<Uint8Array>>();

  const fetchWhole = (file: CachedFile, signal?: AbortSignal): Promise<Uint8Array> => {
    const key = `${file.type}/${file.name}`;
    const under = fetching.get(key);
    if (under !== undefined) return under;
    const fetched = storage.read(file, undefined, signal).then(async (bytes) => {
      await cache.write(file.type, file.name, bytes);
      return bytes;
    });
    const settled = fetched.finally(() => fetching.delete(key));
    fetching.set(key, settled);
    return settled;
  };

  return {
    location: storage.location,
    properties: storage.properties,
    create: (signal) => storage.create(signal),
    stat: (file, signal) => storage.stat(file, signal),
    async read(file: FileHandle, range?: ByteRange, signal?: AbortSignal): Promise<Uint8Array> {
      if (!isCached(file)) return storage.read(file, range, signal);
      signal?.throwIfAborted();
      if (file.cache === "renew") await cache.remove(file.type, file.name);
      else {
        const bytes = await cache.read(file.type, file.name, range);
        if (bytes !== undefined) return bytes;
      }
      const isFirst = !fetching.has(`${file.type}/${file.name}`);
      const whole = await fetchWhole(file, signal).catch((error: unknown) => {
        if (isFirst) throw error;
        return undefined; // it may have failed for the sake of the one who asked first
      });
      if (whole === undefined) return storage.read(file, range, signal);
      if (range === undefined) return whole;
      const isInside = range.offset + range.length <= whole.byteLength;
      if (!isInside) return storage.read(file, range, signal); // which says so in its own words
      return whole.slice(range.offset, range.offset + range.length); // not a view, which would keep all of it
    },
    stream: (file, range, signal) => storage.stream(file, range, signal),
    async write(file: FileHandle, body: Uint8Array | FileBody, signal?: AbortSignal): Promise<void> {
      await storage.write(file, body, signal);
      if (isCached(file) && body instanceof Uint8Array) await cache.write(file.type, file.name, body);
    },
    async remove(file: FileHandle, signal?: AbortSignal): Promise<void> {
      await storage.remove(file, signal);
      if (isCachedType(file.type)) await cache.remove(file.type, file.name);
    },
    list: (type, signal) => listAndClear(storage, cache, type, signal),
    close: () => storage.close(),
  };
}

type CachedFile = FileHandle & { readonly type: CachedType };

/** Of packs only those that hold trees: the caller knows which. */
function isCached(file: FileHandle): file is CachedFile {
  return isCachedType(file.type) && (file.type !== "pack" || file.cache !== undefined);
}

async function* listAndClear(
  storage: Storage,
  cache: CacheFolder,
  type: FileType,
  signal: AbortSignal | undefined,
): AsyncGenerator<FileEntry> {
  if (type !== "snapshot" && type !== "index") return yield* storage.list(type, signal);
  const names = new Set<string>();
  for await (const entry of storage.list(type, signal)) {
    names.add(entry.name);
    yield entry;
  }
  await cache.keepOnly(type, (name) => names.has(name));
}
