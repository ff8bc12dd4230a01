import { join } from "node:path";
import { systemCodeOf } from "@holdfast/base";
import { isFileName, type FileEntry } from "../storage.ts";
import type { Disk, DiskEntry } from "./disk.ts";
import { diskFailure } from "./disk-failure.ts";

/** Directory entries looked at together, so that a listing is not one round trip to the disk after another. */
const listBatch = 64;
/** Folders of packs read together: most have few, so a listing is hardly more than waiting for each. */
const shardsAtOnce = 16;

interface ListedPlace {
  readonly disk: Disk;
  /** Whether a repository is there: without one, a missing folder is a failure and not an empty one. */
  readonly hasConfig: () => Promise<boolean>;
  /** Hears of each name that is none of a repository's file. */
  readonly onOtherName: (path: string, name: string) => void;
}

/** The files of a folder, in no order. */
export async function* listFolder(
  place: ListedPlace,
  folder: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<FileEntry> {
  let batch: string[] = [];
  for await (const name of namesIn(place, folder)) {
    if (!isFileName(name)) {
      place.onOtherName(join(folder, name), name);
      continue;
    }
    batch.push(name);
    if (batch.length < listBatch) continue;
    yield* await entriesOf(place.disk, folder, batch, signal);
    batch = [];
  }
  yield* await entriesOf(place.disk, folder, batch, signal);
}

/** The files in the folders `00` to `ff` of a folder. */
export async function* listShards(
  place: ListedPlace,
  folder: string,
  signal: AbortSignal | undefined,
): AsyncGenerator<FileEntry> {
  const names = await Array.fromAsync(namesIn(place, folder));
  const shards = names.filter((name) => /^[0-9a-f]{2}$/.test(name));
  for (let at = 0; at < shards.length; at += shardsAtOnce) {
    const listed = shards
      .slice(at, at + shardsAtOnce)
      .map((shard) => Array.fromAsync(listFolder(place, join(folder, shard), signal)));
    for (const entries of await Promise.all(listed)) yield* entries;
  }
}

/** What lies at a path; undefined when nothing does. */
export async function entryOrNothing(disk: Disk, path: string): Promise<DiskEntry | undefined> {
  try {
    return await disk.entry(path);
  } catch (error) {
    if (systemCodeOf(error) === "ENOENT") return undefined;
    throw diskFailure(error, `look at ${path}`);
  }
}

/** Files that went away since the folder was read, and what is not a file, are left out. */
async function entriesOf(
  disk: Disk,
  folder: string,
  names: readonly string[],
  signal: AbortSignal | undefined,
): Promise<FileEntry[]> {
  signal?.throwIfAborted();
  const entries = await Promise.all(names.map((name) => entryOrNothing(disk, join(folder, name))));
  return entries.flatMap((entry, index) =>
    entry?.isFile ? [{ name: names[index]!, sizeBytes: entry.sizeBytes }] : [],
  );
}

async function* namesIn({ disk, hasConfig }: ListedPlace, folder: string): AsyncGenerator<string> {
  try {
    yield* disk.names(folder);
  } catch (error) {
    const code = systemCodeOf(error);
    if (code === "ENOTDIR" || (code === "ENOENT" && (await hasConfig()))) return;
    throw diskFailure(error, `list ${folder}`);
  }
}
