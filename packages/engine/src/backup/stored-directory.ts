import type { TreeId } from "../id.ts";

/** A directory to back up, and what it is compared with. */
export interface DirectoryToStore {
  readonly place: unknown;
  readonly path: string;
  readonly parentTree: TreeId | undefined;
  /** Called once the directory it lies in is not needed to open it any more. */
  readonly onOpened: () => void;
}

/** What became of a directory: its listing, and what that added. */
export interface StoredDirectory {
  readonly tree: TreeId;
  /** Its entries and those of all directories below it. */
  readonly entriesBelow: number;
  readonly durationMs: number;
  readonly added: { readonly plainBytes: number; readonly storedBytes: number };
}
