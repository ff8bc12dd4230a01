import type { Storage } from "@holdfast/storage";

/**
 * `storage`, with nothing written to it once `signal` is aborted, whoever asks and however deep in a queue the write
 * already is. Reading and removing go on, because a lock has to be given back.
 */
export function stoppingStorage(storage: Storage, signal: AbortSignal): Storage {
  return {
    location: storage.location,
    properties: storage.properties,
    create: (callSignal) => storage.create(either(signal, callSignal)),
    stat: (file, callSignal) => storage.stat(file, callSignal),
    read: (file, range, callSignal) => storage.read(file, range, callSignal),
    stream: (file, range, callSignal) => storage.stream(file, range, callSignal),
    async write(file, body, callSignal) {
      signal.throwIfAborted();
      await storage.write(file, body, either(signal, callSignal));
    },
    remove: (file, callSignal) => storage.remove(file, callSignal),
    list: (type, callSignal) => storage.list(type, callSignal),
    close: () => storage.close(),
  };
}

function either(signal: AbortSignal, other: AbortSignal | undefined): AbortSignal {
  return other === undefined ? signal : AbortSignal.any([signal, other]);
}
