import { piecesOfBody } from "./file-body.ts";
import type { FileBody, FileHandle, Storage } from "./storage.ts";

/**
 * `storage`, but whatever would change it is acknowledged and not done: for finding out what some work would do. A body
 * is read to its end, so that its own failures still come out.
 */
export function withoutWriting(storage: Storage): Storage {
  return {
    location: storage.location,
    properties: storage.properties,
    create: async (signal) => signal?.throwIfAborted(),
    stat: (file, signal) => storage.stat(file, signal),
    read: (file, range, signal) => storage.read(file, range, signal),
    stream: (file, range, signal) => storage.stream(file, range, signal),
    async write(_: FileHandle, body: Uint8Array | FileBody, signal?: AbortSignal): Promise<void> {
      signal?.throwIfAborted();
      const pieces = piecesOfBody(body);
      while ((await pieces.next()).done !== true) signal?.throwIfAborted();
    },
    remove: async (_, signal) => signal?.throwIfAborted(),
    list: (type, signal) => storage.list(type, signal),
    close: () => storage.close(),
  };
}
