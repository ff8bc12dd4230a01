import { assert, messageOf, secondMs, type HoldfastError } from "@holdfast/base";
import { withoutWriting, type FileEntry, type FileType, type Storage } from "@holdfast/storage";
import type { BlobPlace, BlobType } from "../blob.ts";
import { CacheFolder } from "../cache/cache-folder.ts";
import { cachedStorage } from "../cache/cached-storage.ts";
import { IndexCache } from "../cache/index-cache.ts";
import type { EngineContext } from "../context.ts";
import type { MasterKey } from "../crypto/master-key.ts";
import type { BlobId, Id, PackId } from "../id.ts";
import { serialiseIndexFile } from "../index/index-file.ts";
import type { EncodedBlob } from "../pack/blob-encoding.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import type { CompressionMode } from "../pack/compression.ts";
import { readPackHeader } from "../pack/pack-header-reading.ts";
import { packBytesTarget, PackWriter, type FinishedPack } from "../pack/pack-writer.ts";
import { readPack, type PackReading, type UnnamedPack } from "../pack/pack-reading.ts";
import type { SharedBlobSet } from "../tables/shared-blob-set.ts";
import type { PackerSetup, UnfinishedPack } from "./blob-packer.ts";
import { decodeFromPlace, readBlob } from "./blob-reader.ts";
import { BlobWriter, type SavedBlob } from "./blob-writer.ts";
import { ConcurrencyLimit } from "./concurrency-limit.ts";
import type { RepositoryConfig } from "./config.ts";
import { upgradeConfig } from "./config-upgrade.ts";
import { isStored } from "./content-file.ts";
import type { HeldLock, RepositoryLock } from "./held-lock.ts";
import { KeyRing } from "./key-ring.ts";
import { LoadedIndex } from "./loaded-index.ts";
import type { LockKind } from "./lock-file.ts";
import { acquireLock, type LockOptions } from "./lock.ts";
import type { UnpackedType } from "./unpacked-file.ts";
import { UnpackedFiles } from "./unpacked-files.ts";
import { initialise, unlock, type Credentials, type NewRepository, type Unlocked } from "./unlock.ts";
import type { WholeIndex } from "./whole-index.ts";

/** Removals come by the thousand; the lock is looked at that often between them. */
const removalTrustMs = 5 * secondMs;

/** What a session may set differently from the defaults, which are right for almost everybody. */
export interface SessionOptions {
  /** Bytes after which a pack is finished; default 16 MiB. */
  readonly packBytesTarget?: number;
  /** Reads back what was encrypted before it is stored; default true. Only a benchmark turns it off. */
  readonly isVerified?: boolean;
  /** How hard chunks are compressed where the format allows it; default "auto". */
  readonly compression?: CompressionMode;
  /** True: everything is done as ever, but the storage is not changed, so nothing that was saved can be read back. */
  readonly isDryRun?: boolean;
}

export type InitOptions = SessionOptions & Credentials & NewRepository;
export type OpenOptions = SessionOptions &
  Credentials & { readonly signal?: AbortSignal; readonly cache?: CacheOptions };

/** A pack in the making that is put together of sealed blobs. */
export interface PackOfCopies {
  /** Takes a copy of the sealed bytes. */
  add(id: BlobId, sealed: EncodedBlob): void;
  isFull(): boolean;
  /** All of it, for somebody who proves it and takes its hash. */
  finish(): UnnamedPack;
}

/** Where this machine keeps copies of small files, so that they are not fetched and decoded every time. */
export interface CacheOptions {
  /** Holds one folder for each repository; restic may use the same one. */
  readonly folder: string;
  /** Whether the index may come from there, too. Not for work that removes or repairs: it reads the files themselves. */
  readonly hasIndex: boolean;
}

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
  readonly #config: RepositoryConfig;
  readonly #key: MasterKey;
  readonly #files: UnpackedFiles;
  readonly #writer: BlobWriter;
  readonly #encoding: { readonly compression: CompressionMode; readonly isVerified: boolean };
  readonly #reads: ConcurrencyLimit;
  readonly #locks = new Map<RepositoryLock, HeldLock>();
  readonly #index: LoadedIndex;

  private constructor(
    storage: Storage,
    { config, key, keyId }: Unlocked,
    options: SessionOptions,
    context: EngineContext,
    cache?: CacheFolder,
    indexCache?: IndexCache,
  ) {
    this.isDryRun = options.isDryRun ?? false;
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
      mayWrite: () => this.#mayWrite(),
    });
    this.#files = new UnpackedFiles(this.storage, key, config.version, context);
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
      mayWrite: () => this.#mayWrite(),
      saveIndex: (json, packs, signal) => this.#saveIndexFile(json, packs, signal),
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
    const pack = new PackWriter(type, this.packBytesTarget, spare, false);
    return {
      add: (id, encoded) => pack.add(id, encoded),
      isFull: () => pack.isFull,
      finish: () => pack.finishUnnamed(this.#key, this.context.random),
    };
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
  async saveUnpacked(type: "snapshot" | "index", json: Uint8Array, signal?: AbortSignal): Promise<Id> {
    this.#writer.throwIfFailed();
    assert(type !== "snapshot" || this.#writer.isFlushed, "no snapshot names blobs that no index knows");
    if (type === "index") return this.#saveFile(type, json, signal);
    const id = await this.#saveFile(type, json, anySignal(signal, await this.#mayCommit(0)));
    try {
      await this.#mayCommit(0);
    } catch (error) {
      await this.#takeBack(id);
      throw error;
    }
    return id;
  }

  /**
   * A machine may sleep in the very moment between the look at its lock and the writing of the snapshot. A prune that
   * came meanwhile did not see it, so it may name what is gone; nobody has been told of it.
   */
  async #takeBack(snapshot: Id): Promise<void> {
    try {
      await this.storage.remove({ type: "snapshot", name: snapshot });
    } catch (error) {
      this.context.log.warn("could not take back a snapshot whose lock was lost", { snapshot, why: messageOf(error) });
    }
  }

  /** Stores an index file that names these packs, each of which is stored and complete; they are known from then on. */
  async saveIndex(packs: readonly { id: PackId; blobs: readonly PackedBlob[] }[], signal?: AbortSignal): Promise<Id> {
    this.#writer.throwIfFailed();
    for (const { id, blobs } of packs) if (!this.#index.current.hasPack(id)) this.#index.current.addPack(id, blobs);
    const ids = packs.map((pack) => pack.id);
    return this.#saveIndexFile(serialiseIndexFile(packs), ids, signal);
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
    const mayGoOn = anySignal(signal, await this.#mayWrite());
    await upgradeConfig(this.storage, this.#key, this.#config, this.context, mayGoOn);
  }

  async list(type: Exclude<FileType, "config">, signal?: AbortSignal): Promise<FileEntry[]> {
    const entries = await Array.fromAsync(this.storage.list(type, signal));
    this.#files.note(entries);
    return entries;
  }

  async removeFile(type: Exclude<FileType, "config" | "lock">, id: Id, signal?: AbortSignal): Promise<void> {
    const mayBeNeeded = type === "pack" || type === "index";
    assert(!mayBeNeeded || !this.#index.isFromCache, "who removes packs has read every index file itself");
    await this.storage.remove({ type, name: id }, anySignal(signal, await this.#mayCommit(removalTrustMs)));
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
    const store = {
      list: (listSignal?: AbortSignal) => this.list("lock", listSignal),
      load: (id: Id, loadSignal?: AbortSignal) => this.loadUnpacked("lock", id, loadSignal),
      save: (json: Uint8Array, saveSignal?: AbortSignal) => this.#files.save("lock", json, saveSignal),
      remove: (id: Id, removeSignal?: AbortSignal) => this.storage.remove({ type: "lock", name: id }, removeSignal),
      exists: (id: Id, statSignal?: AbortSignal) => isStored(this.storage, { type: "lock", name: id }, statSignal),
    };
    const isRefused = new AbortController();
    const whileWaiting = anySignal(signal, isRefused.signal);
    // What goes wrong here goes wrong again when the caller loads the index, and is told then.
    const loading = options.loadsIndex === true ? this.loadIndex(whileWaiting).catch(() => {}) : undefined;
    const beside = options.beside && this.#locks.get(options.beside);
    const held = await acquireLock(store, kind, options, this.context, signal, beside).catch(async (error: unknown) => {
      isRefused.abort(error);
      await loading;
      throw error;
    });
    const lock: RepositoryLock = {
      signal: held.signal,
      release: async () => {
        await held.release();
        this.#locks.delete(lock);
      },
    };
    this.#locks.set(lock, held);
    await loading;
    return lock;
  }

  /** Looks whether the lock files of this session are there. @throws ENGINE_LOCK_LOST, what the storage throws */
  async confirmLocks(): Promise<void> {
    await this.#mayCommit(0);
  }

  /** Resolves when every lock of this session is beyond doubt. The signal is aborted when one is lost. */
  async #mayWrite(): Promise<AbortSignal | undefined> {
    for (const lock of this.#locks.values()) await lock.ensureHeld();
    const signals = [...this.#locks.values()].map((lock) => lock.signal);
    return signals.length < 2 ? signals[0] : AbortSignal.any(signals);
  }

  /** As `#mayWrite`, with the lock files looked at: before what others may lose by. */
  async #mayCommit(trustMs: number): Promise<AbortSignal | undefined> {
    for (const lock of this.#locks.values()) await lock.confirmHeld(trustMs);
    return this.#mayWrite();
  }

  async #saveIndexFile(json: Uint8Array, packs: readonly PackId[], signal?: AbortSignal): Promise<Id> {
    const id = await this.#saveFile("index", json, signal);
    this.#index.current.addFile(id, packs);
    return id;
  }

  async #saveFile(type: UnpackedType, json: Uint8Array, signal?: AbortSignal): Promise<Id> {
    return this.#files.save(type, json, anySignal(signal, await this.#mayWrite()));
  }
}

function anySignal(left: AbortSignal | undefined, right: AbortSignal | undefined): AbortSignal | undefined {
  if (left === undefined || right === undefined) return left ?? right;
  return AbortSignal.any([left, right]);
}
