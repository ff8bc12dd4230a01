import { minuteMs } from "@holdfast/base";
import type { Storage } from "@holdfast/storage";
import type { BlobType } from "../blob.ts";
import type { EngineContext } from "../context.ts";
import type { MasterKey } from "../crypto/master-key.ts";
import { newNonce, sealOverheadBytes } from "../crypto/seal.ts";
import { idOf, type BlobId, type PackId } from "../id.ts";
import { indexBlobsTarget, serialiseIndexFile } from "../index/index-file.ts";
import type { RepositoryIndex } from "../index/repository-index.ts";
import { prepareBlob, type EncodedBlob } from "../pack/blob-encoding.ts";
import type { CompressionMode } from "../pack/compression.ts";
import { headerEntryBytes, type PackedBlob } from "../pack/pack-header.ts";
import { PackWriter, type FinishedPack } from "../pack/pack-writer.ts";
import { writeContentFile } from "./content-file.ts";

/** With the open ones, this many packs lie in memory at most, however many connections the storage likes. */
const uploadsMax = 8;
/** As restic: an interrupted backup's packs are found by the next run if an index named them. */
const indexAgeMaxMs = 10 * minuteMs;

export interface SavedBlob {
  readonly id: BlobId;
  /** False when the repository had it, or it was queued already. */
  readonly isNew: boolean;
  /** What it adds to the storage, its entry in the pack's header included; 0 unless new. */
  readonly storedBytes: number;
}

export interface BlobWriterParts {
  readonly key: MasterKey;
  readonly version: 1 | 2;
  readonly storage: Storage;
  readonly context: EngineContext;
  readonly index: () => RepositoryIndex;
  readonly packBytesTarget: number;
  readonly compression: CompressionMode;
  readonly isVerified: boolean;
  /** Resolves when writing is allowed now; the signal ends a write that no longer is. */
  readonly mayWrite: () => Promise<AbortSignal | undefined>;
  readonly saveIndex: (json: Uint8Array, packs: readonly PackId[], signal: AbortSignal) => Promise<unknown>;
}

/**
 * Collects blobs into packs and stores them, several at a time. Order is the crash safety: a pack is named in an
 * index file only after the storage has answered for it.
 *
 * After the first failure nothing more is written: every later call throws that failure.
 */
export class BlobWriter {
  readonly #parts: BlobWriterParts;
  /** Packs on their way to the storage at once. */
  readonly uploadsMax: number;
  /** Plain lengths of blobs whose pack is not stored yet, so that none is taken in twice. */
  readonly #queued: Readonly<Record<BlobType, Map<BlobId, number>>> = { data: new Map(), tree: new Map() };
  readonly #open: { data?: PackWriter; tree?: PackWriter } = {};
  readonly #uploads = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  /** Stored packs that no index file names yet. */
  #unindexed: { id: PackId; blobs: readonly PackedBlob[] }[] = [];
  #unindexedBlobs = 0;
  #unindexedSinceMs = 0;

  constructor(parts: BlobWriterParts) {
    this.#parts = parts;
    this.uploadsMax = Math.max(1, Math.min(uploadsMax, parts.storage.properties.connectionsMax));
  }

  /** Plain length of a blob that waits in a pack, or undefined. */
  queuedLength(type: BlobType, id: BlobId): number | undefined {
    return this.#queued[type].get(id);
  }

  /** True when everything taken in is stored and named by an index file. */
  get isFlushed(): boolean {
    const isNothingOpen = this.#open.data === undefined && this.#open.tree === undefined;
    return isNothingOpen && this.#uploads.size === 0 && this.#unindexed.length === 0 && !this.#stop.signal.aborted;
  }

  /** @throws the first failure of this session's writing, if there was one */
  throwIfFailed(): void {
    this.#stop.signal.throwIfAborted();
  }

  /**
   * Takes a blob in; waits first while enough is under way.
   * @param plain stays unchanged until this resolves
   */
  async save(type: BlobType, plain: Uint8Array, signal?: AbortSignal): Promise<SavedBlob> {
    this.throwIfFailed();
    signal?.throwIfAborted();
    const id = idOf(plain);
    if (this.#parts.index().has(type, id) || this.#queued[type].has(id)) return { id, isNew: false, storedBytes: 0 };
    let storedBytes = 0;
    await this.#takeIn(type, id, plain.byteLength, () => (storedBytes = this.#seal(type, id, plain)), signal);
    return { id, isNew: true, storedBytes };
  }

  /**
   * Takes in one more copy of a blob that the index may know, unless such a copy is queued: prune empties packs this
   * way. `encoded` was sealed with this repository's key and proven.
   */
  async saveCopy(type: BlobType, id: BlobId, encoded: EncodedBlob, signal?: AbortSignal): Promise<void> {
    const { stored, uncompressedLength } = encoded;
    const plainLength = uncompressedLength === 0 ? stored.byteLength - sealOverheadBytes : uncompressedLength;
    await this.#takeIn(type, id, plainLength, () => this.#put(type, (pack) => pack.add(id, encoded)), signal);
  }

  /** As `saveCopy`, for a blob that is compressed and sealed anew. */
  async saveAnew(type: BlobType, id: BlobId, plain: Uint8Array, signal?: AbortSignal): Promise<void> {
    await this.#takeIn(type, id, plain.byteLength, () => this.#seal(type, id, plain), signal);
  }

  /** Stores a pack that was made elsewhere with this repository's key; resolves when the storage has it. */
  async storePack(type: BlobType, pack: FinishedPack, signal?: AbortSignal): Promise<void> {
    this.throwIfFailed();
    while (this.#uploads.size >= this.uploadsMax) await this.#oneUpload(signal);
    await this.#start(async () => this.#storePack(type, pack));
    this.throwIfFailed();
  }

  /** Ends the writing: something was taken in that will never be stored. */
  fail(error: unknown): void {
    this.#fail(error);
  }

  /** Stores what is open, then the index files that name it. */
  async flush(signal?: AbortSignal): Promise<void> {
    this.throwIfFailed();
    try {
      this.#finishPack("data");
      this.#finishPack("tree");
      while (this.#uploads.size > 0) await this.#oneUpload(signal);
      this.#finishIndex();
      while (this.#uploads.size > 0) await this.#oneUpload(signal);
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /**
   * Queues a blob, unless it is queued, and has it put into a pack once there is room.
   * @param put what it throws ends the writing: the blob counts as taken in, so nothing may be built on it any more
   */
  async #takeIn(
    type: BlobType,
    id: BlobId,
    plainLength: number,
    put: () => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    this.throwIfFailed();
    signal?.throwIfAborted();
    if (this.#queued[type].has(id)) return;
    this.#queued[type].set(id, plainLength);
    try {
      while (this.#uploads.size >= this.uploadsMax) await this.#oneUpload(signal);
      put(); // from the look at the uploads to here nothing may be awaited: all callers that wait wake up at once
    } catch (error) {
      this.#fail(error);
      throw error;
    }
  }

  /** @returns what the blob adds to the storage */
  #seal(type: BlobType, id: BlobId, plain: Uint8Array): number {
    const { key, version, context, compression, isVerified } = this.#parts;
    const prepared = prepareBlob(version, type, plain, compression);
    const nonce = newNonce(context.random);
    const sealedBytes = this.#put(type, (pack) => pack.seal(id, prepared, key, nonce, isVerified ? plain : undefined));
    return sealedBytes + headerEntryBytes(prepared.uncompressedLength !== 0);
  }

  /** Puts something into the open pack, and finishes that when it is full. */
  #put<Result>(type: BlobType, put: (pack: PackWriter) => Result): Result {
    const pack = (this.#open[type] ??= new PackWriter(type, this.#parts.packBytesTarget));
    const result = put(pack);
    if (pack.isFull) this.#finishPack(type);
    return result;
  }

  #finishPack(type: BlobType): void {
    const { key, context, isVerified } = this.#parts;
    const pack = this.#open[type]?.finish(key, context.random, isVerified);
    delete this.#open[type];
    if (pack !== undefined) void this.#start(async () => this.#storePack(type, pack));
  }

  async #storePack(type: BlobType, pack: FinishedPack): Promise<void> {
    const { storage, context, mayWrite, index } = this.#parts;
    const signal = await this.#writeSignal(mayWrite);
    const cache = type === "tree" ? "keep" : undefined;
    await writeContentFile(storage, "pack", pack.id, pack.bytes, context.log, signal, cache);
    index().addPack(pack.id, pack.blobs);
    for (const blob of pack.blobs) this.#queued[type].delete(blob.id);
    if (this.#unindexed.length === 0) this.#unindexedSinceMs = context.clock.monotonicMs();
    this.#unindexed.push({ id: pack.id, blobs: pack.blobs });
    this.#unindexedBlobs += pack.blobs.length;
    const ageMs = context.clock.monotonicMs() - this.#unindexedSinceMs;
    if (this.#unindexedBlobs >= indexBlobsTarget || ageMs >= indexAgeMaxMs) this.#finishIndex();
  }

  #finishIndex(): void {
    if (this.#unindexed.length === 0) return;
    const json = serialiseIndexFile(this.#unindexed);
    const packs = this.#unindexed.map((pack) => pack.id);
    this.#unindexed = [];
    this.#unindexedBlobs = 0;
    void this.#start(async () => this.#parts.saveIndex(json, packs, this.#stop.signal));
  }

  async #writeSignal(mayWrite: BlobWriterParts["mayWrite"]): Promise<AbortSignal> {
    const lockSignal = await mayWrite();
    return lockSignal === undefined ? this.#stop.signal : AbortSignal.any([this.#stop.signal, lockSignal]);
  }

  /** Runs beside the caller; its failure ends the writing. */
  #start(task: () => Promise<unknown>): Promise<void> {
    const running: Promise<void> = task()
      .catch((error: unknown) => this.#fail(error))
      .then(() => void this.#uploads.delete(running));
    this.#uploads.add(running);
    return running;
  }

  /** Resolves when an upload has ended well; throws what ended the writing. An aborted `signal` ends it. */
  async #oneUpload(signal: AbortSignal | undefined): Promise<void> {
    const onAbort = () => this.#fail(signal?.reason);
    if (signal?.aborted === true) onAbort();
    signal?.addEventListener("abort", onAbort, { once: true });
    try {
      await Promise.race(this.#uploads);
      this.#stop.signal.throwIfAborted();
    } finally {
      signal?.removeEventListener("abort", onAbort);
    }
  }

  /** The first failure stays the reason for ever. */
  #fail(error: unknown): void {
    this.#stop.abort(error);
  }
}
