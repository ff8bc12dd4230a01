import type { BlobType } from "../blob.ts";
import type { BlobId, Id, IndexId, PackId } from "../id.ts";
import type { PackedBlob } from "../pack/pack-header.ts";

/** Where one copy of a blob lies, with blob and pack by their numbers. */
export interface NumberedPlace {
  blob: number;
  pack: number;
  offset: number;
  length: number;
  /** 0 when stored without compression. */
  uncompressedLength: number;
}

/**
 * The index by numbers instead of ids, for work on the repository as a whole: a bit or a few bytes for each blob or
 * pack, where a table by id would take a hundred. Numbers count from 0 and stay while the index is loaded; new blobs
 * and packs get the next ones. Both types of blob are numbered by themselves.
 */
export interface WholeIndex {
  readonly packCount: number;
  packId(pack: number): PackId;
  /** -1 for a pack that is not indexed. */
  packNumber(id: PackId): number;
  blobCount(type: BlobType): number;
  /** -1 for a blob that is not indexed. */
  blobNumber(type: BlobType, id: Id): number;
  /** As `blobNumber`, for 32 raw bytes. */
  blobNumberOf(type: BlobType, id: Uint8Array): number;
  blobId(type: BlobType, blob: number): BlobId;
  /** Copies of blobs of this type in all packs together. */
  placeCount(type: BlobType): number;
  /**
   * Fills `into` with one of them: no object comes into being for each of millions. The first place of a blob has the
   * blob's own number.
   */
  placeInto(type: BlobType, place: number, into: NumberedPlace): void;
  /** The packs that each index file names, in its order. Files saved in this session are among them. */
  readonly files: ReadonlyMap<IndexId, Uint32Array>;
  /** Those packs with their blobs by ascending offset; default all. */
  packs(isWanted?: (pack: number) => boolean): Generator<{ id: PackId; blobs: PackedBlob[] }>;
}
