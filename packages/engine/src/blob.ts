import type { PackId } from "./id.ts";

/** "data": a chunk of a file. "tree": a directory's listing. The same id may exist as both. */
export type BlobType = "data" | "tree";
export const blobTypes: readonly BlobType[] = ["data", "tree"];

/** Where one copy of a blob lies: `length` bytes of a pack from `offset`, encrypted. */
export interface BlobPlace {
  readonly packId: PackId;
  readonly offset: number;
  readonly length: number;
  /** Bytes of the blob before compression; 0 when it was stored without. */
  readonly uncompressedLength: number;
}
