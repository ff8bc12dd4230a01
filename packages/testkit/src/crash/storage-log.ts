import { concatBytes } from "@holdfast/base";
import type { FileHandle, Storage } from "@holdfast/storage";
import { emptyImage, type DiskImage, type ImageDirectory, type ImageFile } from "./disk-image.ts";

/** Something that was begun at a storage, and when it was answered for. Times are places in the log. */
interface LoggedChange {
  readonly file: FileHandle;
  /** Undefined for a removal. */
  readonly bytes: Uint8Array | undefined;
  readonly beganAt: number;
  endedAt: number;
}

export interface LoggedStorage extends Storage {
  /** Events so far: each change has a beginning and an end. */
  readonly events: number;
  /**
   * What the storage may hold when everything stops after so many events: whatever was answered for, and of what was
   * under way every subset, at most `statesMax` of them.
   */
  statesAfter(events: number, statesMax: number): DiskImage[];
}

/**
 * `storage`, with a log of what is written and removed, from which any moment of the past can be made again, as files
 * below `/<folder>` in restic's layout.
 * @param before what it holds already
 */
export function loggedStorage(storage: Storage, folder: string, before: DiskImage): LoggedStorage {
  const changes: LoggedChange[] = [];
  let events = 0;
  const logged = async (file: FileHandle, bytes: Uint8Array | undefined, act: () => Promise<void>) => {
    const change = { file: { ...file }, bytes, beganAt: (events += 1), endedAt: Infinity };
    changes.push(change);
    try {
      await act();
    } catch (error) {
      changes.splice(changes.indexOf(change), 1); // refused, so nothing happened
      throw error;
    }
    change.endedAt = events += 1;
  };
  return {
    location: storage.location,
    properties: storage.properties,
    create: (signal) => storage.create(signal),
    stat: (file, signal) => storage.stat(file, signal),
    read: (file, range, signal) => storage.read(file, range, signal),
    stream: (file, range, signal) => storage.stream(file, range, signal),
    async write(file, body, signal) {
      const pieces = body instanceof Uint8Array ? [body.slice()] : await Array.fromAsync(body.pieces);
      const bytes = concatBytes(pieces);
      const sizeBytes = body instanceof Uint8Array ? bytes.byteLength : body.sizeBytes;
      await logged(file, bytes, () => storage.write(file, { sizeBytes, pieces }, signal));
    },
    remove: (file, signal) => logged(file, undefined, () => storage.remove(file, signal)),
    list: (type, signal) => storage.list(type, signal),
    close: () => storage.close(),
    get events() {
      return events;
    },
    statesAfter(count, statesMax) {
      const begun = changes.filter(({ beganAt }) => beganAt <= count);
      const open = begun.filter(({ endedAt }) => endedAt > count);
      const subsets = Math.min(2 ** open.length, statesMax);
      return Array.from({ length: subsets }, (_, subset) => {
        const isDone = (change: LoggedChange) => {
          const bit = open.indexOf(change);
          return bit < 0 || ((subset >> bit) & 1) === 1;
        };
        return imageWith(before, folder, begun.filter(isDone));
      });
    },
  };
}

const folders = {
  config: "",
  key: "keys",
  snapshot: "snapshots",
  index: "index",
  lock: "locks",
  pack: "data",
} as const;

type Entries = Map<string, ImageFile | ImageDirectory>;

function imageWith(before: DiskImage, folder: string, changes: readonly LoggedChange[]): DiskImage {
  const root: Entries = new Map(before.entries);
  const top = below(root, folder);
  for (const { file, bytes } of changes) {
    const { type, name } = file;
    let place = type === "config" ? top : below(top, folders[type]);
    if (type === "pack") place = below(place, name.slice(0, 2));
    const entryName = type === "config" ? "config" : name;
    if (bytes === undefined) place.delete(entryName);
    else place.set(entryName, { kind: "file", bytes, mode: 0o400, modifiedAtMs: 0 });
  }
  return { ...before, entries: root };
}

/** The entries of a folder, as a copy that may be changed. */
function below(entries: Entries, name: string): Entries {
  const there = entries.get(name);
  const copy: Entries = new Map(there?.kind === "directory" ? there.entries : emptyImage.entries);
  entries.set(name, { kind: "directory", mode: 0o700, entries: copy });
  return copy;
}
