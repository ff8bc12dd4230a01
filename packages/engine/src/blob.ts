import { GiB, MiB } from "@holdfast/base";
import type { PackId } from "./id.ts";

/** "data": a chunk of a file. "tree": a directory's listing. The same id may exist as both. */
export type BlobType = "data" | "tree";
export const blobTypes: readonly BlobType[] = ["data", "tree"];

/**
 * Bytes of the largest blob that anybody has reason to make. A chunk has 8 MiB at most; a directory's listing of this
 * length names millions of files. What claims to be longer is there to fill the memory of those who read it.
 */
export const blobBytesMax: Readonly<Record<BlobType, number>> = { data: 128 * MiB, tree: 1 * GiB };

/** Where one copy of a blob lies: `length` bytes of a pack from `offset`, encrypted. */
export interface BlobPlace {
  readonly packId: PackId;
  readonly offset: number;
  readonly length: number;
  /** Bytes of the blob before compression; 0 when it was stored without. */
  readonly uncompressedLength: number;
}
