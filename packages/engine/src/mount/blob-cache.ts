import { MiB } from "@holdfast/base";
import type { BlobType } from "../blob.ts";
import type { BlobId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";

const keptBytesMax = 64 * MiB;

/** Decoded blobs, those kept that were wanted last: who reads a file in small pieces decodes each chunk once. */
export class BlobCache {
  readonly #repository: Repository;
  readonly #kept = new Map<string, Uint8Array>();
  readonly #loading = new Map<string, Promise<Uint8Array>>();
  #keptBytes = 0;

  constructor(repository: Repository) {
    this.#repository = repository;
  }

  /** @throws ENGINE_BLOB_MISSING, ENGINE_PACK_DAMAGED */
  load(type: BlobType, id: BlobId): Promise<Uint8Array> {
    const key = `${type} ${id}`;
    const kept = this.#kept.get(key);
    if (kept !== undefined) {
      this.#kept.delete(key); // the latest used comes last
      this.#kept.set(key, kept);
      return Promise.resolve(kept);
    }
    const underWay = this.#loading.get(key);
    if (underWay !== undefined) return underWay;
    const loading = this.#repository
      .loadBlob(type, id)
      .then((bytes) => this.#keep(key, bytes))
      .finally(() => this.#loading.delete(key));
    this.#loading.set(key, loading);
    return loading;
  }

  #keep(key: string, bytes: Uint8Array): Uint8Array {
    this.#kept.set(key, bytes);
    this.#keptBytes += bytes.byteLength;
    for (const [oldest, old] of this.#kept) {
      if (this.#keptBytes <= keptBytesMax) break;
      this.#kept.delete(oldest);
      this.#keptBytes -= old.byteLength;
    }
    return bytes;
  }
}
