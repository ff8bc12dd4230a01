import type { HoldfastError } from "@holdfast/base";
import { withoutWriting, type FileEntry, type FileType, type Storage } from "@holdfast/storage";
import type { BlobPlace, BlobType } from "../blob.ts";
import { CacheFolder } from "../cache/cache-folder.ts";
import { cachedStorage } from "../cache/cached-storage.ts";
import { IndexCache } from "../cache/index-cache.ts";
import { TreeMemory } from "../cache/tree-memory.ts";
import type { EngineContext } from "../context.ts";
import type { MasterKey } from "../crypto/master-key.ts";
import type { BlobId, Id, PackId } from "../id.ts";
import type { CompressionMode } from "../pack/compression.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import { readPackHeader } from "../pack/pack-header-reading.ts";
import { readPack, type PackReading } from "../pack/pack-reading.ts";
import { packBytesTarget, type FinishedPack } from "../pack/pack-writer.ts";
import type { SharedBlobSet } from "../tables/shared-blob-set.ts";
import type { PackerSetup, UnfinishedPack } from "./blob-packer.ts";
import { decodeFromPlace, readBlob } from "./blob-reader.ts";
import { BlobWriter, type SavedBlob } from "./blob-writer.ts";
import { ConcurrencyLimit } from "./concurrency-limit.ts";
import type { RepositoryConfig } from "./config.ts";
import { upgradeConfig } from "./config-upgrade.ts";
import type { RepositoryLock } from "./held-lock.ts";
import { KeyRing } from "./key-ring.ts";
import { LoadedIndex } from "./loaded-index.ts";
import type { LockKind } from "./lock-file.ts";
import type { LockOptions } from "./lock.ts";
import { PackOfCopies } from "./pack-of-copies.ts";
import { SessionFiles } from "./session-files.ts";
import { SessionLocks } from "./session-locks.ts";
import type { InitOptions, OpenOptions, SessionOptions } from "./session-options.ts";
import type { UnpackedType } from "./unpacked-file.ts";
import { UnpackedFiles } from "./unpacked-files.ts";
import { initialise, unlock, type Unlocked } from "./unlock.ts";
import type { WholeIndex } from "./whole-index.ts";

/**
 * An open restic repository: blobs by their ids, and the small encrypted files. Everything else in the engine goes
 * through it; what packs and indexes look like is its own affair.
 *
 * A session either only reads, or holds a lock while it writes: backup, copy: `lock`, list snapshots, `loadIndex`,
 * save blobs, `flush`, save the snapshot, release.
 */
export class Repository {
  readonly storage: Storage;
  readonly context: EngineContext;
  readonly packBytesTarget: number;
  /** The passwords that open it. */
  readonly keys: KeyRing;
  /** Nothing is written in this session. */
  readonly isDryRun: boolean;
  /** What this machine remembers of trees; undefined without a cache. */
  readonly treeMemory: TreeMemory | undefined;
  readonly #config: RepositoryConfig;
  readonly #key: MasterKey;
  readonly #files: UnpackedFiles;
  readonly #writer: BlobWriter;
  readonly #encoding: { readonly compression: CompressionMode; readonly isVerified: boolean };
  readonly #reads: ConcurrencyLimit;
  readonly #locks: SessionLocks;
  readonly #index: LoadedIndex;
  readonly #written: SessionFiles;

  private constructor(
    storage: Storage,
    { config, key, keyId }: Unlocked,
    options: SessionOptions,
    context: EngineContext,
    cache?: CacheFolder,
    indexCache?: IndexCache,
  ) {
    this.isDryRun = options.isDryRun ?? false;
    this.treeMemory = cache && new TreeMemory(cache, key, config.id, context);
    this.storage = this.isDryRun ? withoutWriting(storage) : storage;
    this.context = context;
    this.packBytesTarget = options.packBytesTarget ?? packBytesTarget;
    this.#config = config;
    this.#key = key;
    this.keys = new KeyRing({
      storage: this.storage,
      key,
      currentId: keyId,
      context,
      mayWrite: () => this.#locks.mayWrite(),
    });
    this.#files = new UnpackedFiles(this.storage, key, config.version, context);
    this.#locks = new SessionLocks(this.storage, this.#files, context);
    this.#index = new LoadedIndex({
      storage: this.storage,
      files: this.#files,
      version: config.version,
      isFlushed: () => this.#writer.isFlushed,
      cache,
      indexCache,
    });
    this.#reads = new ConcurrencyLimit(Math.max(1, storage.properties.connectionsMax));
    this.#encoding = { compression: options.compression ?? "auto", isVerified: options.isVerified ?? true };
    this.#writer = new BlobWriter({
      ...this.#encoding,
      key,
      version: config.version,
      storage: this.storage,
      context,
      index: () => this.#index.current,
      packBytesTarget: this.packBytesTarget,
      mayWrite: () => this.#locks.mayWrite(),
      saveIndex: (json, packs, signal) => this.#written.saveIndexOf(packs, json, signal),
    });
    this.#written = new SessionFiles({
      storage: this.storage,
      files: this.#files,
      locks: this.#locks,
      index: this.#index,
      writer: this.#writer,
      log: context.log,
    });
  }

  /**
   * Makes a repository, key first and config last, so that one with a config is complete. An init that was
   * interrupted is taken up again with the key that is there.
   * @throws ENGINE_REPOSITORY_EXISTS, ENGINE_BAD_PASSWORD
   */
  static async init(storage: Storage, options: InitOptions, context: EngineContext): Promise<Repository> {
    return new Repository(storage, await initialise(storage, options, context), options, context);
  }

  /**
   * Opens with whichever key the password fits.
   * @throws ENGINE_NO_REPOSITORY, ENGINE_WRONG_PASSWORD, ENGINE_KEY_DAMAGED, ENGINE_CONFIG_DAMAGED,
   *   ENGINE_UNSUPPORTED_VERSION
   */
  static async open(storage: Storage, options: OpenOptions, context: EngineContext): Promise<Repository> {
    const unlocked = await unlock(storage, options);
    const { config, key } = unlocked;
    const cache = options.cache && (await CacheFolder.open(options.cache.folder, config.id, context));
    if (cache === undefined) return new Repository(storage, unlocked, options, context);
    const index = options.cache?.hasIndex === true ? new IndexCache(cache, key, config.id, context) : undefined;
    return new Repository(cachedStorage(storage, cache), unlocked, options, context, cache, index);
  }

  /** Tells repositories apart: 64 hex digits. */
  get id(): Id {
    return this.#config.id;
  }

  get version(): 1 | 2 {
    return this.#config.version;
  }

  get chunkerPolynomial(): bigint {
    return this.#config.chunkerPolynomial;
  }

  // Blobs

  /**
   * Reads all index files. To be called after the snapshots were listed, so that whatever they name was indexed
   * before; a second call takes in what came since.
   *
   * @param onDamaged hears of each index file that cannot be used and goes on; without it the first one throws
   * @throws ENGINE_FILE_DAMAGED, ENGINE_INDEX_DAMAGED
   */
  loadIndex(signal?: AbortSignal, onDamaged?: (id: Id, error: HoldfastError) => void): Promise<void> {
    return this.#index.load(signal, onDamaged);
  }

  /** True when the blob is stored, or queued in this session. */
  has(type: BlobType, id: BlobId): boolean {
    return this.#index.current.has(type, id) || this.#writer.queuedLength(type, id) !== undefined;
  }

  /**
   * The ids of all indexed blobs, for worker threads: each can ask it, and claim a blob for itself. Whoever claims one
   * stores it in this session, or the session's writing has to fail. A later `loadIndex` may replace it.
   */
  get knownBlobs(): SharedBlobSet {
    return this.#index.current.known;
  }

  /** Bytes of the decoded blob; undefined when it is unknown. */
  plainLength(type: BlobType, id: BlobId): number | undefined {
    return this.#index.current.plainLength(type, id) ?? this.#writer.queuedLength(type, id);
  }

  /** Every pack that holds the blob; empty for one that is only queued. */
  places(type: BlobType, id: BlobId): readonly BlobPlace[] {
    return this.#index.current.places(type, id);
  }

  /**
   * A blob's bytes, proven by tag, length and hash, from the first of its places that still has them. As many calls
   * run at once as the storage has connections; more wait. A queued blob can be read after `flush`.
   * @throws ENGINE_BLOB_MISSING, ENGINE_PACK_DAMAGED
   */
  loadBlob(type: BlobType, id: BlobId, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#reads.run(() => readBlob(this.storage, this.#key, type, id, this.places(type, id), signal));
  }

  /**
   * The same proof for bytes that the caller read from a pack by itself.
   * @param stored the `place.length` bytes at `place.offset`
   * @throws ENGINE_PACK_DAMAGED
   */
  decodeBlob(type: BlobType, id: BlobId, place: BlobPlace, stored: Uint8Array): Uint8Array {
    return decodeFromPlace(this.#key, type, id, place, stored);
  }

  /**
   * Stores a blob unless the repository has it. Resolves once it is queued, and waits first while enough is under
   * way, so memory stays bounded however many callers there are. Never stores the same blob twice.
   *
   * @param plain stays unchanged until this resolves
   * @param signal ends all writing of this session, not only this call
   * @throws what storing an earlier blob threw: after a failure nothing more is written
   */
  saveBlob(type: BlobType, plain: Uint8Array, signal?: AbortSignal): Promise<SavedBlob> {
    return this.#writer.save(type, plain, signal);
  }

  /**
   * A new pack for blobs that lie in others, with their sealed bytes as they are: neither proven nor named.
   * @param spare memory of an earlier one that is stored, to be used again
   */
  packOfCopies(type: BlobType, spare?: ArrayBuffer): PackOfCopies {
    return new PackOfCopies(type, this.packBytesTarget, this.#key, this.context.random, spare);
  }

  /** Stores a pack that was proven; `flush` brings the index file that names it. Resolves when the storage has it. */
  storePack(type: BlobType, pack: FinishedPack, signal?: AbortSignal): Promise<void> {
    return this.#writer.storePack(type, pack, signal);
  }

  /** Compresses and stores another copy of a blob; for prune, where a pack has blobs that were stored without. */
  saveAnew(type: BlobType, id: BlobId, plain: Uint8Array, signal?: AbortSignal): Promise<void> {
    return this.#writer.saveAnew(type, id, plain, signal);
  }

  /** What packers in other threads need; the index is loaded. They store through `storePack` and `adopt`. */
  packerSetup(): PackerSetup {
    return {
      secret: this.secretForThreads(),
      known: this.knownBlobs.handle,
      version: this.version,
      packBytesTarget: this.packBytesTarget,
      ...this.#encoding,
    };
  }

  /** Packs that are on their way to the storage at once. */
  get uploadsMax(): number {
    return this.#writer.uploadsMax;
  }

  /** Takes in what a packer had begun. */
  async adopt({ bytes, blobs }: UnfinishedPack, signal?: AbortSignal): Promise<void> {
    for (const { type, id, offset, length, uncompressedLength } of blobs) {
      const stored = bytes.subarray(offset, offset + length);
      await this.#writer.saveCopy(type, id, { stored, uncompressedLength }, signal);
    }
  }

  /** Ends all writing of this session, because a packer took blobs on that it will not deliver. */
  failWriting(error: unknown): void {
    this.#writer.fail(error);
  }

  /** Stores every queued pack, then the index files that name them. */
  flush(signal?: AbortSignal): Promise<void> {
    return this.#writer.flush(signal);
  }

  /**
   * The 64 bytes that the repository is encrypted with, for threads of this process that decode for it. They go nowhere
   * else: no log, no error, no file.
   */
  secretForThreads(): Uint8Array {
    return Buffer.concat([this.#key.encryptKey, this.#key.macK, this.#key.macR]);
  }

  // Packs, for those who look at the repository as a whole

  /** Every indexed pack with its blobs by ascending offset. Nothing may be saved while it is iterated. */
  packs(): Generator<{ id: PackId; blobs: PackedBlob[] }> {
    return this.#index.current.packs();
  }

  /** What is indexed now. A later `loadIndex` may replace it, when an index file has gone; then numbers start anew. */
  get wholeIndex(): WholeIndex {
    return this.#index.current;
  }

  hasPack(id: PackId): boolean {
    return this.#index.current.hasPack(id);
  }

  /** Oddities that only reading the index files shows. */
  indexNotes(): { repeatedPacks: PackId[]; splitPacks: PackId[] } {
    return { repeatedPacks: this.#index.current.repeatedPacks(), splitPacks: this.#index.current.splitPacks() };
  }

  /** Reads one pack completely and compares it with what the index says. @throws what the storage throws */
  readPack(id: PackId, indexed: readonly PackedBlob[], signal?: AbortSignal): Promise<PackReading> {
    return readPack(this.#key, id, indexed, this.storage.stream({ type: "pack", name: id }, undefined, signal));
  }

  /**
   * What a pack says itself that it holds, whether it is indexed or not.
   * @param sizeBytes of the whole pack, as the storage lists it
   * @throws ENGINE_PACK_DAMAGED when its header cannot be believed, STORAGE_MISSING
   */
  readPackHeader(id: PackId, sizeBytes: number, signal?: AbortSignal): Promise<PackedBlob[]> {
    return this.#reads.run(() => readPackHeader(this.storage, this.#key, id, sizeBytes, signal));
  }

  // Small files

  /**
   * Encrypts a document and stores it under the hash of what is stored.
   * A snapshot may only be saved when everything before it is flushed: whatever it names must be indexed.
   * @throws what storing an earlier blob threw
   */
  saveUnpacked(type: "snapshot" | "index", json: Uint8Array, signal?: AbortSignal): Promise<Id> {
    return type === "snapshot" ? this.#written.saveSnapshot(json, signal) : this.#written.saveIndexJson(json, signal);
  }

  /** Stores an index file that names these packs, each of which is stored and complete; they are known from then on. */
  saveIndex(packs: readonly { id: PackId; blobs: readonly PackedBlob[] }[], signal?: AbortSignal): Promise<Id> {
    return this.#written.saveIndex(packs, signal);
  }

  /** @throws ENGINE_FILE_DAMAGED when the file is not what its name says, STORAGE_MISSING */
  loadUnpacked(type: UnpackedType, id: Id, signal?: AbortSignal): Promise<Uint8Array> {
    return this.#files.load(type, id, signal);
  }

  /**
   * Makes a version 1 repository one of version 2. This session still takes it for what it was: open it again.
   * @see restic-format.md section 2; the caller holds the exclusive lock and has checked the repository
   */
  async upgradeConfig(signal?: AbortSignal): Promise<void> {
    const mayGoOn = await this.#locks.mayWrite(signal);
    await upgradeConfig(this.storage, this.#key, this.#config, this.context, mayGoOn);
  }

  list(type: Exclude<FileType, "config">, signal?: AbortSignal): Promise<FileEntry[]> {
    return this.#files.list(type, signal);
  }

  removeFile(type: Exclude<FileType, "config" | "lock">, id: Id, signal?: AbortSignal): Promise<void> {
    return this.#written.remove(type, id, signal);
  }

  // Locks

  /**
   * Takes the repository for a piece of work; while it is held, every write of this session is checked against it.
   *
   * @param options `loadsIndex`: the index is read while the lock is waited for. Nothing follows from it yet: the caller
   *   lists the snapshots and calls `loadIndex` as ever, which then finds little to do. `beside`: a lock of this session
   *   that is to become this one; the caller lets go of it afterwards
   * @throws ENGINE_LOCKED, ENGINE_LOCK_UNREADABLE, ENGINE_LOCK_LOST
   */
  async lock(
    kind: LockKind,
    options: LockOptions & { readonly loadsIndex?: boolean | undefined; readonly beside?: RepositoryLock | undefined },
    signal?: AbortSignal,
  ): Promise<RepositoryLock> {
    const isRefused = new AbortController();
    const whileWaiting = signal === undefined ? isRefused.signal : AbortSignal.any([signal, isRefused.signal]);
    // What goes wrong here goes wrong again when the caller loads the index, and is told then.
    const loading = options.loadsIndex === true ? this.loadIndex(whileWaiting).catch(() => {}) : undefined;
    try {
      return await this.#locks.acquire(kind, options, options.beside, signal);
    } catch (error) {
      isRefused.abort(error);
      throw error;
    } finally {
      await loading;
    }
  }

  /** Looks whether the lock files of this session are there. @throws ENGINE_LOCK_LOST, what the storage throws */
  async confirmLocks(): Promise<void> {
    await this.#locks.mayCommit(0);
  }
}
