import type { BackupItem } from "../item.ts";
import type { CutRun } from "../../chunker/rabin.ts";
import type { BlobId, TreeId } from "../../id.ts";

/** A directory to list, compare with the parent snapshot's, and store as far as no other thread can help with it. */
export interface DirectoryTask {
  readonly kind: "directory";
  readonly place: unknown;
  /** Its path as text for people; "" for the top. */
  readonly path: string;
  /** The same directory's listing in the parent snapshot: decoded, or as it lies in its pack. */
  readonly parent: Uint8Array | StoredTree | undefined;
}

/**
 * A directory whose tree in the parent snapshot is known: to be looked at, with what is small below it, whether all of
 * it is as it was.
 */
export interface RevisitTask {
  readonly kind: "revisit";
  readonly place: unknown;
  /** Its path as text for people. */
  readonly path: string;
  readonly tree: TreeId;
}

export interface StoredTree {
  readonly id: TreeId;
  readonly stored: Uint8Array;
  readonly uncompressedLength: number;
}

/** Files of one directory to read and store. */
export interface FilesTask {
  readonly kind: "files";
  readonly files: readonly FilePlace[];
}

export interface FilePlace {
  /** Its number among the pieces of its directory's listing. */
  readonly piece: number;
  readonly place: unknown;
  readonly path: string;
  /** What the parent snapshot says of it, as `canonicalJson` gives it. */
  readonly before: string | undefined;
}

/** A listing that is complete, to be stored. */
export interface TreeTask {
  readonly kind: "tree";
  readonly listing: Uint8Array;
  /** The directory's, as text for people. */
  readonly path: string;
}

/** A stretch of a large file or a stream, in which to find where it may be cut. */
export interface ScanTask {
  readonly kind: "scan";
  /** The 64 bytes in front of it, fewer at the beginning, then the stretch. */
  readonly bytes: Uint8Array;
  /** Where the stretch begins in `bytes`. */
  readonly from: number;
}

/** Chunks of a large file or a stream to store; each as pieces that follow one another. */
export interface ChunksTask {
  readonly kind: "chunks";
  readonly chunks: readonly (readonly Uint8Array[])[];
}

export type LaneTask = DirectoryTask | RevisitTask | FilesTask | TreeTask | ScanTask | ChunksTask;

/** What became of a directory. Pieces of its listing that others have still to find are undefined. */
export interface DirectoryDone {
  /**
   * "stored": its listing was complete and is stored. "begun": others have to find pieces of it first. "left out": it
   * could not be opened, or is too large. "parent unreadable": nothing was done, the parent's listing could not be decoded.
   */
  readonly outcome: "stored" | "begun" | "left out" | "parent unreadable";
  readonly pieces: readonly (Uint8Array | undefined)[];
  readonly directories: readonly FoundDirectory[];
  readonly files: readonly (readonly FilePlace[])[];
  readonly streams: readonly FoundStream[];
  /** Set when places in it are still to be opened: what to release afterwards. */
  readonly handle: number | undefined;
  readonly tree: TreeDone | undefined;
  readonly entries: number;
  /** What it looked like, when its tree may be known by that later. */
  readonly digest: string | undefined;
}

/**
 * "same": the directory and all below it is as the parent snapshot has it. "changed": it is not, or cannot be opened, or
 * nothing tells, and it is to be listed. Else its own entries are the same, and something below it is not settled.
 */
export type RevisitDone = "same" | "changed" | SameEntries;

/** A directory whose entries are as they were, but for what lies below some of them. */
export interface SameEntries {
  readonly tree: TreeId;
  readonly files: number;
  readonly fileBytes: number;
  readonly unsettled: readonly UnsettledDirectory[];
  /** What to release when they are opened. */
  readonly handle: number;
}

export interface UnsettledDirectory {
  /** Its number among the subdirectories. */
  readonly number: number;
  readonly place: unknown;
  readonly path: string;
  /** In the parent snapshot. */
  readonly tree: TreeId;
  /** What a look at it has come to; undefined when nobody looked yet. */
  readonly seen: Exclude<RevisitDone, "same"> | undefined;
}

/** A directory inside the one that was listed. */
export interface FoundDirectory {
  readonly piece: number;
  readonly place: unknown;
  readonly path: string;
  /** Its entry up to where the id of its listing goes. */
  readonly head: string;
  /** The same entry in the parent snapshot. */
  readonly before: { readonly json: string; readonly tree: TreeId | undefined } | undefined;
}

/** A file too large for one thread, or one whose bytes come from elsewhere. */
export interface FoundStream {
  readonly piece: number;
  readonly place: unknown;
  readonly path: string;
  readonly before: string | undefined;
}

/** Entries by their pieces; undefined for one that is left out. */
export type FilesDone = readonly { readonly piece: number; readonly json: Uint8Array | undefined }[];

export interface TreeDone {
  readonly id: TreeId;
  readonly added: BackupItem["added"];
}

export interface ChunkDone {
  readonly id: BlobId;
  readonly added: BackupItem["added"];
}

export interface LaneAnswers {
  readonly directory: DirectoryDone;
  readonly revisit: RevisitDone;
  readonly files: FilesDone;
  /** Undefined for a directory that is left out. */
  readonly tree: TreeDone | undefined;
  /** Offsets in `bytes`. */
  readonly scan: readonly CutRun[];
  readonly chunks: readonly ChunkDone[];
}
