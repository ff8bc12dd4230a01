import type { SavedBlob } from "../repository/blob-writer.ts";
import { displayPath } from "../tree/name-quoting.ts";

/** What a backup made of one file or directory, for those who want to hear of each: restic's "verbose_status". */
export interface BackupItem {
  /** Where it is in the snapshot, as text for people; that of a directory ends in a slash. */
  readonly path: string;
  readonly isDirectory: boolean;
  /** Compared with the parent snapshot; without one everything is new. */
  readonly action: "new" | "modified" | "unchanged";
  readonly durationMs: number;
  /** A file's chunks, or a directory's own listing, as far as the repository did not have them. */
  readonly added: AddedBytes;
}

export interface AddedBytes {
  readonly plainBytes: number;
  /** As they lie in the repository. */
  readonly storedBytes: number;
}

/** One file or directory on its way into the snapshot: when its turn came, and what it has added so far. */
export class ItemUnderway {
  readonly #names: readonly Buffer[];
  readonly startedMs: number;
  #plainBytes = 0;
  #storedBytes = 0;

  /** @param startedMs of the monotonic clock */
  constructor(names: readonly Buffer[], startedMs: number) {
    this.#names = names;
    this.startedMs = startedMs;
  }

  get path(): string {
    return displayPath(this.#names);
  }

  get added(): AddedBytes {
    return { plainBytes: this.#plainBytes, storedBytes: this.#storedBytes };
  }

  saved(plainBytes: number, saved: SavedBlob): void {
    if (!saved.isNew) return;
    this.#plainBytes += plainBytes;
    this.#storedBytes += saved.storedBytes;
  }
}
