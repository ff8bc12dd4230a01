import { assert, messageOf, secondMs, type Log } from "@holdfast/base";
import type { FileType, Storage } from "@holdfast/storage";
import type { Id, PackId } from "../id.ts";
import { serialiseIndexFile } from "../index/index-file.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import type { BlobWriter } from "./blob-writer.ts";
import type { LoadedIndex } from "./loaded-index.ts";
import type { SessionLocks } from "./session-locks.ts";
import type { UnpackedFiles } from "./unpacked-files.ts";

/** Removals come by the thousand; the lock is looked at that often between them. */
const removalTrustMs = 5 * secondMs;

interface SessionFilesParts {
  readonly storage: Storage;
  readonly files: UnpackedFiles;
  readonly locks: SessionLocks;
  readonly index: LoadedIndex;
  readonly writer: BlobWriter;
  readonly log: Log;
}

/**
 * The files of a session that name others, and the removal of any: what decides whether snapshots can be restored. So
 * nothing is named before it is stored, and nothing is done unless the session's locks are there.
 */
export class SessionFiles {
  readonly #parts: SessionFilesParts;

  constructor(parts: SessionFilesParts) {
    this.#parts = parts;
  }

  /** @throws ENGINE_LOCK_LOST, what storing an earlier blob threw */
  async saveSnapshot(json: Uint8Array, signal?: AbortSignal): Promise<Id> {
    const { writer, files, locks } = this.#parts;
    writer.throwIfFailed();
    assert(writer.isFlushed, "no snapshot names blobs that no index knows");
    const id = await files.save("snapshot", json, await locks.mayCommit(0, signal));
    try {
      await locks.mayCommit(0);
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
    const { storage, log } = this.#parts;
    try {
      await storage.remove({ type: "snapshot", name: snapshot });
    } catch (error) {
      log.warn("could not take back a snapshot whose lock was lost", { snapshot, why: messageOf(error) });
    }
  }

  /** Stores what is to be an index file, whatever it says. */
  async saveIndexJson(json: Uint8Array, signal?: AbortSignal): Promise<Id> {
    const { writer, files, locks } = this.#parts;
    writer.throwIfFailed();
    return files.save("index", json, await locks.mayWrite(signal));
  }

  /** An index file of packs that are stored and complete; they are known from then on. */
  async saveIndex(packs: readonly { id: PackId; blobs: readonly PackedBlob[] }[], signal?: AbortSignal): Promise<Id> {
    this.#parts.writer.throwIfFailed();
    const index = this.#parts.index.current;
    for (const { id, blobs } of packs) if (!index.hasPack(id)) index.addPack(id, blobs);
    return this.saveIndexOf(
      packs.map(({ id }) => id),
      serialiseIndexFile(packs),
      signal,
    );
  }

  /** An index file of packs that are known already. */
  async saveIndexOf(packs: readonly PackId[], json: Uint8Array, signal?: AbortSignal): Promise<Id> {
    const { files, locks, index } = this.#parts;
    const id = await files.save("index", json, await locks.mayWrite(signal));
    index.current.addFile(id, packs);
    return id;
  }

  async remove(type: Exclude<FileType, "config" | "lock">, id: Id, signal?: AbortSignal): Promise<void> {
    const { storage, locks, index } = this.#parts;
    const mayBeNeeded = type === "pack" || type === "index";
    assert(!mayBeNeeded || !index.isFromCache, "who removes packs has read every index file itself");
    await storage.remove({ type, name: id }, await locks.mayCommit(removalTrustMs, signal));
  }
}
