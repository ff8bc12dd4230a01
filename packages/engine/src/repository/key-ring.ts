import { HoldfastError, equalBytes, isFailure } from "@holdfast/base";
import { storageErrors, type Storage } from "@holdfast/storage";
import type { EngineContext } from "../context.ts";
import { createKeyFile, openKeyFile, parseKeyFile, serialiseKeyFile, type KdfParameters } from "../crypto/key-file.ts";
import { serialiseMasterKey, type MasterKey } from "../crypto/master-key.ts";
import { engineErrors } from "../errors.ts";
import { idOf, type Id } from "../id.ts";
import { parseTimestamp, type Timestamp } from "../tree/timestamp.ts";
import { timestampNow } from "../timestamp-now.ts";
import { writeContentFile } from "./content-file.ts";
import { keyFileBytesMax } from "./open-keys.ts";

/** One of the passwords that open a repository, as its key file says; nobody has proven who made it. */
export interface KeyEntry {
  readonly id: Id;
  readonly username: string;
  readonly hostname: string;
  readonly createdAt: Timestamp | undefined;
  /** True for the one that this session opened the repository with. */
  readonly isCurrent: boolean;
}

export interface NewKey {
  readonly password: string;
  /** Whose key it is; written beside it for people to read. */
  readonly hostname: string;
  readonly username: string;
  /** What a guess at the password shall cost; default restic's. */
  readonly kdf?: KdfParameters;
  /** An empty password protects nothing; it must be meant. */
  readonly allowsEmptyPassword?: boolean;
}

interface KeyRingParts {
  readonly storage: Storage;
  readonly key: MasterKey;
  readonly currentId: Id;
  readonly context: EngineContext;
  /** Resolves when the session's locks allow a change; the signal ends when they no longer do. */
  readonly mayWrite: () => Promise<AbortSignal | undefined>;
}

/**
 * The passwords of an open repository. Each wraps the same master key, so that one can be added or removed and nothing
 * else changes. However a change ends, a key that opens is there: a new one is stored and proven before the old goes.
 */
export class KeyRing {
  readonly #parts: KeyRingParts;
  #currentId: Id;

  constructor(parts: KeyRingParts) {
    this.#parts = parts;
    this.#currentId = parts.currentId;
  }

  /**
   * Every key, in the order they were made.
   * @param onDamaged hears of each key file that cannot be used
   */
  async list(onDamaged: (id: Id, error: HoldfastError) => void, signal?: AbortSignal): Promise<KeyEntry[]> {
    const { storage } = this.#parts;
    const entries: KeyEntry[] = [];
    for await (const { name, sizeBytes } of storage.list("key", signal)) {
      const id = name as Id;
      try {
        if (sizeBytes > keyFileBytesMax)
          throw new HoldfastError(engineErrors.keyDamaged, "It is far too large for a key.");
        const { username, hostname, created } = parseKeyFile(
          await storage.read({ type: "key", name }, undefined, signal),
        );
        entries.push({ id, username, hostname, createdAt: parseTimestamp(created), isCurrent: id === this.#currentId });
      } catch (error) {
        if (isFailure(error, storageErrors.missing)) continue; // removed meanwhile
        if (!(error instanceof HoldfastError) || error.kind !== "damaged") throw error;
        onDamaged(id, error);
      }
    }
    return entries.sort(byAge);
  }

  /**
   * Adds a password and proves that it opens the repository. The caller holds a shared lock.
   * @throws ENGINE_BAD_PASSWORD, ENGINE_VERIFICATION_FAILED when what was stored does not open; then it is removed.
   *   A storage that fails after it was stored leaves it there
   */
  async add(newKey: NewKey, signal?: AbortSignal): Promise<Id> {
    const { storage, key, context } = this.#parts;
    const { password, hostname, username, kdf, allowsEmptyPassword } = newKey;
    if (password === "" && allowsEmptyPassword !== true)
      throw new HoldfastError(engineErrors.badPassword, "A password that is empty protects nothing.");
    const about = { created: timestampNow(context.clock), hostname, username, ...(kdf !== undefined && { kdf }) };
    const json = serialiseKeyFile(await createKeyFile(key, password, about, context.random));
    const id = idOf(json);
    await writeContentFile(storage, "key", id, json, context.log, await this.#ends(signal));
    await this.#prove(id, password);
    return id;
  }

  /**
   * Takes a password from the repository. The caller holds the exclusive lock.
   * @throws ENGINE_KEY_IN_USE for the one of this session, without which nobody might be left who can open it
   */
  async remove(id: Id, signal?: AbortSignal): Promise<void> {
    if (id === this.#currentId)
      throw new HoldfastError(engineErrors.keyInUse, "This key is the one that opened the repository just now.");
    await this.#remove(id, signal);
  }

  /**
   * Replaces the password of this session by a new one, which is stored and proven first. The caller holds the
   * exclusive lock. Stopped in between, both open the repository.
   */
  async changePassword(newKey: NewKey, signal?: AbortSignal): Promise<Id> {
    const id = await this.add(newKey, signal);
    const oldId = this.#currentId;
    this.#currentId = id;
    await this.#remove(oldId, signal);
    return id;
  }

  /** The master key as JSON: whoever has it reads everything, whatever the passwords are. For `cat masterkey` only. */
  masterKeyJson(): Uint8Array {
    return serialiseMasterKey(this.#parts.key);
  }

  async #remove(id: Id, signal: AbortSignal | undefined): Promise<void> {
    await this.#parts.storage.remove({ type: "key", name: id }, await this.#ends(signal));
  }

  /** What ends a change: the caller, or the loss of the lock. */
  async #ends(signal: AbortSignal | undefined): Promise<AbortSignal> {
    return AbortSignal.any([signal, await this.#parts.mayWrite()].filter((each) => each !== undefined));
  }

  async #prove(id: Id, password: string): Promise<void> {
    const { storage, key } = this.#parts;
    const stored = await storage.read({ type: "key", name: id });
    try {
      const opened = await openKeyFile(parseKeyFile(stored), password);
      if (equalBytes(serialiseMasterKey(opened), serialiseMasterKey(key))) return;
      throw new Error("it holds another key");
    } catch (cause) {
      await storage.remove({ type: "key", name: id });
      throw new HoldfastError(engineErrors.verificationFailed, "The new key did not open; it was removed again.", {
        cause,
      });
    }
  }
}

function byAge(left: KeyEntry, right: KeyEntry): number {
  const [a, b] = [left.createdAt?.ns ?? 0n, right.createdAt?.ns ?? 0n];
  if (a !== b) return a < b ? -1 : 1;
  return left.id < right.id ? -1 : 1;
}
