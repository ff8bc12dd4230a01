/** The kinds of file in a restic repository. "data" packs hold blobs. @see restic design.rst "Repository Layout" */
export const fileTypes = ["config", "key", "snapshot", "index", "lock", "pack"] as const;
export type FileType = (typeof fileTypes)[number];

/** One file of a repository. `name` is 64 lower-case hex digits; the config has the empty name. */
export interface FileHandle {
  readonly type: FileType;
  readonly name: string;
  /**
   * For a cache in between, and nobody else: "keep" for a pack of trees, which is read again and again; "renew" when
   * what was read before was damaged, and the cache may have been why.
   */
  readonly cache?: "keep" | "renew";
}

export interface FileEntry {
  readonly name: string;
  readonly sizeBytes: number;
}

/** `length` bytes from `offset`. Reading past the end is `STORAGE_SHORT_READ`, never a short answer. */
export interface ByteRange {
  readonly offset: number;
  readonly length: number;
  /** Memory of at least `length` bytes that the answer may use, so that who reads much takes no more all the time. */
  readonly spare?: ArrayBufferLike | undefined;
}

/** Facts about a storage that callers adapt to: data, not a type test. */
export interface StorageProperties {
  /** Requests in flight that still help. */
  readonly connectionsMax: number;
  /** True when a failed write leaves nothing under the final name. */
  readonly hasAtomicWrite: boolean;
}

/**
 * Where the files of one repository lie. Small on purpose: every backend has all of it, and a wrapper
 * (retry, limit, meter, fault) is a Storage around a Storage.
 *
 * Files are written once and never changed. What `write` has answered for is durable: it survives power loss,
 * name and content. All methods may be called concurrently.
 *
 * Errors are HoldfastErrors of `storageErrors`; `signal` ends a call with the signal's reason.
 */
export interface Storage {
  /** For people and logs: the URL or path, without user names, passwords or tokens. */
  readonly location: string;
  readonly properties: StorageProperties;

  /** Makes the places that files go to. Safe to repeat. */
  create(signal?: AbortSignal): Promise<void>;

  /** @throws STORAGE_MISSING */
  stat(file: FileHandle, signal?: AbortSignal): Promise<FileEntry>;

  /** The bytes of a file, or of a range of it, in one array. @throws STORAGE_MISSING, STORAGE_SHORT_READ */
  read(file: FileHandle, range?: ByteRange, signal?: AbortSignal): Promise<Uint8Array>;

  /** As `read`, in pieces as they arrive, so that memory does not grow with the file. */
  stream(file: FileHandle, range?: ByteRange, signal?: AbortSignal): AsyncIterable<Uint8Array>;

  /**
   * Stores a whole file. `body` is the bytes, or pieces of them that add up to `sizeBytes`; when it throws or
   * differs in size, nothing is stored.
   * @throws STORAGE_EXISTS (never replaces), STORAGE_FULL, STORAGE_DENIED
   */
  write(file: FileHandle, body: Uint8Array | FileBody, signal?: AbortSignal): Promise<void>;

  /** A missing file is success. @throws STORAGE_DENIED where the storage is append-only */
  remove(file: FileHandle, signal?: AbortSignal): Promise<void>;

  /** Every file of a type, in no order. Names that are not ids (temporary files) are left out. */
  list(type: FileType, signal?: AbortSignal): AsyncIterable<FileEntry>;

  close(): Promise<void>;
}

/**
 * A file's bytes in pieces, its size known up front because object stores and the REST protocol ask for it.
 * A piece belongs to the storage from when it is yielded. An array of pieces can be sent again after a failure.
 */
export interface FileBody {
  readonly sizeBytes: number;
  readonly pieces: AsyncIterable<Uint8Array> | Iterable<Uint8Array>;
}

const idPattern = /^[0-9a-f]{64}$/;

/** Whether `name` can be a file of a repository: the hash of its content, in hex. */
export function isFileName(name: string): boolean {
  return idPattern.test(name);
}
