import type { TreeNode } from "../tree/node.ts";

/**
 * What can be backed up: a tree of entries that is asked for once, from the top. Files are one source; a database's
 * dump or a disk will be others. A source only reads; what it throws for one entry is reported as that entry's problem
 * and the backup goes on without it.
 */
export interface BackupSource {
  /** The absolute paths that the snapshot says it holds. */
  readonly targets: readonly string[];
  /** The exclude patterns that the snapshot records. */
  readonly excludes: readonly string[];
  /** What this source cannot keep on this machine, a sentence for the user; undefined when it keeps everything. */
  readonly notKept: string | undefined;
  /** True for bytes that come once, as from a pipe: they are compared with no earlier snapshot. */
  readonly isStream?: boolean;
  /** Aborted when what was read cannot be trusted as a whole; then no snapshot is made. */
  readonly failed?: AbortSignal;
  /** The top of the tree. @throws a HoldfastError when there is nothing to back up at all */
  open(signal?: AbortSignal): Promise<SourceDirectory>;
  /** How much there will be to do, for a progress bar; called beside the backup, and its result is an estimate. */
  measure(onTotals: (totals: SourceTotals) => void, signal?: AbortSignal): Promise<void>;
  /**
   * Everything that decides which entries a directory has and what is recorded of them, as text: what `look` said of a
   * directory holds for later backups of a source that says the same here. Without it nothing is remembered.
   */
  readonly lookKey?: string;
  /** How other threads reach the entries that have a `place`; without it everything is read by the calling thread. */
  readonly twin?: SourceTwin;
}

export interface SourceTotals {
  readonly files: number;
  readonly bytes: number;
}

/** How another thread of this process makes itself a source that finds the same entries. */
export interface SourceTwin {
  /** URL of a module that exports a `SourceDoorMaker` named `openDoor`. */
  readonly module: string;
  /** Handed to it; can be cloned into another thread. */
  readonly data: unknown;
}

export type SourceDoorMaker = (data: unknown) => SourceDoor;

/** Finds entries again by the place that `entries()` gave for them while their directory is open. */
export interface SourceDoor {
  directory(place: unknown): SourceDirectory;
  file(place: unknown): SourceFile;
  /** A file too large for one thread. */
  stream(place: unknown): Promise<SourceStream>;
}

/** A directory that was opened: its entries can be reached, also by place, until it is closed. */
export interface SourceDirectory {
  /** Entries in ascending order of their names' bytes. Asked for once. */
  entries(): Iterable<SourceEntry>;
  /**
   * What shows, for a fraction of the cost of `entries`, whether the directory is as it was. Undefined when nothing here
   * shows it.
   */
  look?(): DirectoryLook | undefined;
  /** Called when nothing from this directory will be opened any more. */
  close(): void;
}

/** A directory at a glance. */
export interface DirectoryLook {
  /**
   * The same when every entry is the same in all that would be recorded of it, but for what lies below its
   * subdirectories; 32 hexadecimal digits.
   */
  readonly digest: string;
  readonly entries: number;
  readonly files: number;
  readonly fileBytes: number;
  /** When the entry that changed last did, milliseconds since 1970; a change right now might not show. */
  readonly changedMs: number;
  /** In ascending order of their names' bytes. */
  readonly directories: readonly LookedDirectory[];
}

export interface LookedDirectory {
  readonly name: Buffer;
  /** As that of its entry. */
  readonly place?: unknown;
  open(): SourceDirectory;
}

/** An entry's `node` is complete but for what it contains: content and subtree are found by the backup. */
export type SourceEntry =
  | (KnownEntry & { readonly kind: "file"; readonly place?: unknown; open(): SourceFile })
  /** A file whose bytes come from elsewhere, when they come. */
  | (KnownEntry & { readonly kind: "stream"; open(): Promise<SourceStream> })
  | (KnownEntry & { readonly kind: "directory"; readonly place?: unknown; open(): SourceDirectory })
  /** Links, fifos, devices: the node is all there is. */
  | (KnownEntry & { readonly kind: "other" })
  /** Known by name only; left out and reported. */
  | { readonly kind: "unreadable"; readonly name: Buffer; readonly fault: unknown };

interface KnownEntry {
  readonly node: TreeNode;
  /** Part of the metadata could not be read; the entry is kept and the fault reported. */
  readonly fault?: unknown;
}

/** An open file, read without waiting for anything but the disk. */
export interface SourceFile {
  /** As the entry's, but of the very file that is open now. */
  readonly node: TreeNode;
  /** Fills a part of `into` and returns its length; 0 at the end. */
  read(into: Uint8Array): number;
  /** True when the file was written to since it was opened. */
  hasChanged(): boolean;
  close(): void;
}

/** Bytes that are waited for. */
export interface SourceStream {
  readonly node: TreeNode;
  /** Fills a part of `into`, which other threads may see, and resolves to its length; 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  hasChanged(): boolean;
  close(): void;
}
