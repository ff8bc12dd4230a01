import type { BlobId } from "../id.ts";
import type { CarriedFailure } from "../threads/carried-failure.ts";
import type { AttributeChoice } from "./attribute-selection.ts";
import type { EntryMetadata, WithheldMetadata } from "./metadata.ts";

/** What holds for a whole restore, told to each thread once. */
export interface WriterSetup {
  /** From `Repository.secretForThreads`. */
  readonly secret: Uint8Array;
  /** Leaves zeros unwritten, as holes. */
  readonly isSparse: boolean;
  /** Reads each small file back after it was written; large ones are the planner's. */
  readonly isVerified: boolean;
  readonly attributes: AttributeChoice;
}

/** Where a job finds a chunk. */
export type ChunkSource =
  /** As a pack holds it: bytes of a segment, encrypted. */
  | {
      readonly is: "stored";
      readonly id: BlobId;
      readonly segment: number;
      readonly at: number;
      readonly length: number;
      readonly uncompressedLength: number;
    }
  /** A whole segment, decoded and proven. */
  | { readonly is: "plain"; readonly segment: number }
  /** In the file that is there already, at the place where it belongs. */
  | { readonly is: "kept"; readonly id: BlobId; readonly length: number }
  /** Nobody could read it where it should be. */
  | { readonly is: "absent" };

interface Named {
  /** Which of the batch's directories it belongs in. */
  readonly directory: number;
  /** One string character per byte (latin1). */
  readonly name: string;
  readonly metadata: EntryMetadata;
}

export type WriteEntry =
  /** A small file, from nothing to complete. */
  | (Named & {
      readonly kind: "file";
      /** Numbers of the batch's chunks, in order. */
      readonly chunks: readonly number[];
      /** A file is there: the new one is written beside it and then takes its place. */
      readonly replaces: boolean;
    })
  /** Consecutive chunks of a large file that the planner holds open. */
  | {
      readonly kind: "part";
      readonly fd: number;
      /** Where in the file the first of them belongs. */
      readonly at: number;
      readonly chunks: readonly number[];
      /** The file that it will replace, for chunks that are kept. */
      readonly keptFd: number | undefined;
    }
  | (Named & { readonly kind: "symlink"; readonly linkTarget: string })
  | (Named & { readonly kind: "device"; readonly unixType: number; readonly device: bigint })
  /** What is there stays and gets its metadata. */
  | (Named & { readonly kind: "metadata" });

/** Entries that one thread writes in one go. */
export interface WriteJob {
  readonly do: "write";
  /** Paths to put before names, ending with "/", each leading through a handle (latin1). */
  readonly directories: readonly string[];
  readonly entries: readonly WriteEntry[];
  readonly chunks: readonly ChunkSource[];
  readonly segments: readonly Uint8Array[];
}

/** A file, or a stretch of it, to be compared with the chunks that should be there. */
export interface ExpectedContent {
  readonly directory: number;
  readonly name: string;
  readonly at: number;
  readonly ids: readonly BlobId[];
  readonly lengths: readonly number[];
}

export interface InspectJob {
  readonly do: "inspect";
  readonly directories: readonly string[];
  readonly files: readonly ExpectedContent[];
}

export type RestoreJob = WriteJob | InspectJob;

/** What became of an entry, if not simply that it is done. */
export type EntryTrouble =
  /** It was not touched: these of the batch's chunks could not be had. */
  | { readonly entry: number; readonly is: "without"; readonly chunks: readonly number[] }
  /** Nothing is left of it under its name but what was there before. */
  | { readonly entry: number; readonly is: "failed"; readonly failure: CarriedFailure }
  /** It is there, but lacks metadata. */
  | { readonly entry: number; readonly is: "bare"; readonly failure: CarriedFailure };

export interface RestoreAnswer {
  /** Of a write job, by ascending entry. */
  readonly troubles: readonly EntryTrouble[];
  readonly withheld: WithheldMetadata;
  /** Of an inspect job: for each file which of the chunks are right; undefined for what could not be read. */
  readonly right: readonly (readonly boolean[] | undefined)[];
}
