import type { Storage } from "@holdfast/storage";
import type { EngineContext } from "../context.ts";
import type { Id } from "../id.ts";
import { isStored } from "./content-file.ts";
import type { HeldLock, RepositoryLock } from "./held-lock.ts";
import type { LockKind } from "./lock-file.ts";
import { acquireLock, type LockOptions, type LockStore } from "./lock.ts";
import type { UnpackedFiles } from "./unpacked-files.ts";

/** The locks that a session holds. Whatever it writes, it asks them first. */
export class SessionLocks {
  readonly #store: LockStore;
  readonly #context: EngineContext;
  readonly #held = new Map<RepositoryLock, HeldLock>();

  constructor(storage: Storage, files: UnpackedFiles, context: EngineContext) {
    this.#context = context;
    this.#store = {
      list: (signal) => files.list("lock", signal),
      load: (id: Id, signal) => files.load("lock", id, signal),
      save: (json, signal) => files.save("lock", json, signal),
      remove: (id, signal) => storage.remove({ type: "lock", name: id }, signal),
      exists: (id, signal) => isStored(storage, { type: "lock", name: id }, signal),
    };
  }

  /**
   * Takes the repository, see `acquireLock`.
   * @param beside a lock of this session that is to become this one
   * @throws ENGINE_LOCKED, ENGINE_LOCK_UNREADABLE, ENGINE_LOCK_LOST
   */
  async acquire(
    kind: LockKind,
    options: LockOptions,
    beside: RepositoryLock | undefined,
    signal: AbortSignal | undefined,
  ): Promise<RepositoryLock> {
    const heldBeside = beside && this.#held.get(beside);
    const held = await acquireLock(this.#store, kind, options, this.#context, signal, heldBeside);
    const lock: RepositoryLock = {
      signal: held.signal,
      release: async () => {
        await held.release();
        this.#held.delete(lock);
      },
    };
    this.#held.set(lock, held);
    return lock;
  }

  /**
   * Resolves when every lock is beyond doubt.
   * @param signal of who wants to write
   * @returns aborted with it, and when a lock is lost
   * @throws ENGINE_LOCK_LOST
   */
  async mayWrite(signal?: AbortSignal): Promise<AbortSignal | undefined> {
    for (const lock of this.#held.values()) await lock.ensureHeld();
    const signals = [signal, ...[...this.#held.values()].map((lock) => lock.signal)].filter(
      (each) => each !== undefined,
    );
    return signals.length < 2 ? signals[0] : AbortSignal.any(signals);
  }

  /**
   * As `mayWrite`, with the lock files looked at: before what others may lose by.
   * @param trustMs how old the last look may be
   * @throws ENGINE_LOCK_LOST, and what the storage throws when it cannot be asked
   */
  async mayCommit(trustMs: number, signal?: AbortSignal): Promise<AbortSignal | undefined> {
    for (const lock of this.#held.values()) await lock.confirmHeld(trustMs);
    return this.mayWrite(signal);
  }
}
