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
}

export interface SourceTotals {
  readonly files: number;
  readonly bytes: number;
}

export interface SourceDirectory {
  /** Entries in ascending order of their names' bytes. Asked for once. */
  entries(): Iterable<SourceEntry> | AsyncIterable<SourceEntry>;
  /** Called when nothing from this directory will be opened any more. */
  close(): void;
}

/** An entry's `node` is complete but for what it contains: content and subtree are found by the backup. */
export type SourceEntry =
  | { readonly kind: "file"; readonly node: TreeNode; readonly fault?: unknown; open(): Promise<SourceFile> }
  | { readonly kind: "directory"; readonly node: TreeNode; readonly fault?: unknown; open(): Promise<SourceDirectory> }
  /** Links, fifos, devices: the node is all there is. */
  | { readonly kind: "other"; readonly node: TreeNode; readonly fault?: unknown }
  /** Known by name only; left out and reported. */
  | { readonly kind: "unreadable"; readonly name: Buffer; readonly fault: unknown };
// `fault` on the first three: part of the metadata could not be read; the entry is kept and the fault reported.

export interface SourceFile {
  /** As the entry's, but of the very file that is open now. */
  readonly node: TreeNode;
  /** Fills a part of `into` and returns its length; 0 at the end. */
  read(into: Uint8Array): Promise<number>;
  /** True when the file was written to since it was opened. */
  hasChanged(): boolean;
  close(): void;
}
