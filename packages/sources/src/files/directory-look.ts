import { systemCodeOf } from "@holdfast/base";
import type { DirectoryLook } from "@holdfast/engine";
import {
  AnchoredDirectory,
  EntriesDigest,
  hasTrueChangeTimes,
  type FileStats,
  type OwnerNames,
} from "@holdfast/engine/files";

/** What of a directory is looked at; absent where nothing is left out for such a reason. */
export interface LookSelection {
  readonly excludesName: ((name: string) => boolean) | undefined;
  readonly excludesFile: ((stats: FileStats) => boolean) | undefined;
}

const typeMask = 0o170000;
const [fifo, characterDevice, directoryType, blockDevice] = [0o010000, 0o020000, 0o040000, 0o060000];
const [file, link, socket] = [0o100000, 0o120000, 0o140000];
const recordedTypes = new Set([fifo, characterDevice, directoryType, blockDevice, file, link]);

/**
 * Looks once at every selected entry of a directory and makes nothing of it but a digest and a few sums.
 *
 * Undefined where that would not tell of every change: on file systems whose change times cannot be relied on, where
 * another file system is mounted, or where an entry is of no known kind or cannot be looked at.
 *
 * @param names in ascending order, bytes (latin1)
 */
export function lookAtEntries(
  directory: AnchoredDirectory,
  names: readonly string[],
  owners: OwnerNames,
  { excludesName, excludesFile }: LookSelection,
): (Omit<DirectoryLook, "directories"> & { readonly directories: readonly string[] }) | undefined {
  if (!AnchoredDirectory.canAsk) return undefined;
  const digest = new EntriesDigest(owners);
  const directories: string[] = [];
  let [entries, files, fileBytes] = [0, 0, 0];
  let changedMs = Number.NEGATIVE_INFINITY;
  let device: number | undefined;
  try {
    for (const name of names) {
      if (excludesName?.(name) === true) continue;
      const seen = directory.ask(name);
      if (seen === undefined) continue;
      const type = seen.mode & typeMask;
      if (type === socket || excludesFile?.(seen.stats) === true) continue;
      if (!recordedTypes.has(type)) return undefined;
      if (device === undefined) {
        device = seen.device;
        if (!hasTrueChangeTimes(directory, device)) return undefined;
      } else if (device !== seen.device) return undefined;
      digest.add(name, seen);
      entries += 1;
      changedMs = Math.max(changedMs, seen.changedMs);
      if (type === directoryType) directories.push(name);
      else if (type === file) {
        files += 1;
        fileBytes += seen.sizeBytes;
      }
    }
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return undefined; // whoever lists the directory is told
  }
  return { digest: digest.finish(), entries, files, fileBytes, changedMs, directories };
}
