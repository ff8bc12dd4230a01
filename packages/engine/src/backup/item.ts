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
