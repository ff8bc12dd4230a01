import type { BlobType } from "../blob.ts";
import { SharedIdSet, type SharedIdSetHandle } from "./shared-id-set.ts";

/** What a worker thread is sent to work on the same set: `postMessage(set.handle)`. */
export type SharedBlobSetHandle = Readonly<Record<BlobType, SharedIdSetHandle>>;

/**
 * The blobs that the repository has or that this session stores, shared by all threads of a backup. It answers "known?"
 * and settles which thread stores a blob that several met at once; where a blob lies is the index's affair.
 */
export class SharedBlobSet {
  /** By type: the same id may exist as both. */
  readonly ids: Readonly<Record<BlobType, SharedIdSet>>;

  constructor(ids: Readonly<Record<BlobType, SharedIdSet>>) {
    this.ids = ids;
  }

  /** @param expectedBlobs how many it will hold, if that is known: saves work, and is no limit */
  static create(expectedBlobs = 0): SharedBlobSet {
    return new SharedBlobSet({ data: SharedIdSet.create(expectedBlobs), tree: SharedIdSet.create() });
  }

  static attach(handle: SharedBlobSetHandle): SharedBlobSet {
    return new SharedBlobSet({ data: SharedIdSet.attach(handle.data), tree: SharedIdSet.attach(handle.tree) });
  }

  get handle(): SharedBlobSetHandle {
    return { data: this.ids.data.handle, tree: this.ids.tree.handle };
  }

  /** @param id 32 raw bytes from `offset` */
  has(type: BlobType, id: Uint8Array, offset = 0): boolean {
    return this.ids[type].findBytes(id, offset) >= 0;
  }

  /** Adds a blob; true for exactly one caller in all threads, and that one stores it. */
  claim(type: BlobType, id: Uint8Array, offset = 0): boolean {
    return this.ids[type].claim(id, offset);
  }

  add(type: BlobType, id: Uint8Array, offset = 0): void {
    this.ids[type].addBytes(id, offset);
  }
}
