import { HoldfastError } from "@holdfast/base";
import type { BlobType } from "../blob.ts";
import { engineErrors } from "../errors.ts";
import type { BlobId } from "../id.ts";
import { headerEntryBytes } from "../pack/pack-header.ts";
import type { Repository } from "../repository/repository.ts";
import { Prover } from "./prover.ts";

/** A blob as it lies in another pack, sealed. */
export interface SealedBlob {
  readonly id: BlobId;
  readonly stored: Uint8Array;
  /** 0 when stored without compression. */
  readonly uncompressedLength: number;
}

/**
 * Puts sealed blobs together to new packs. Nothing is believed: a pack is proven as a whole, each blob decoded and
 * hashed, from the very bytes that are then stored. Where that fails, a blob of it was damaged where it came from: each
 * is then read again by itself, from whichever pack has it whole.
 */
export class CopiedPacks {
  readonly #repository: Repository;
  readonly #signal: AbortSignal | undefined;
  readonly #prover: Prover;
  readonly #open: Record<BlobType, { blobs: SealedBlob[]; bytes: number }> = {
    data: { blobs: [], bytes: 0 },
    tree: { blobs: [], bytes: 0 },
  };
  readonly #underWay = new Set<Promise<void>>();
  readonly #spares: ArrayBuffer[] = [];
  #failure: { readonly error: unknown } | undefined;

  constructor(repository: Repository, signal: AbortSignal | undefined) {
    this.#repository = repository;
    this.#signal = signal;
    this.#prover = new Prover(repository.secretForThreads());
  }

  /** Takes a blob in; waits first while enough is under way. @throws what storing an earlier one threw */
  async add(type: BlobType, blob: SealedBlob): Promise<void> {
    while (this.#underWay.size > this.#prover.threads + 1) await Promise.race(this.#underWay);
    this.#throwIfFailed();
    const open = this.#open[type];
    open.blobs.push(blob);
    open.bytes += blob.stored.byteLength + headerEntryBytes(blob.uncompressedLength !== 0);
    if (open.bytes >= this.#repository.packBytesTarget) this.#close(type);
  }

  /** Stores what is left; the index files come with the repository's `flush`. @throws as `add` */
  async finish(): Promise<void> {
    this.#close("data");
    this.#close("tree");
    while (this.#underWay.size > 0) await Promise.race(this.#underWay);
    this.#throwIfFailed();
  }

  /** Ends the threads; to be called in any case. */
  async end(): Promise<void> {
    await Promise.allSettled(this.#underWay);
    await this.#prover.close();
  }

  #close(type: BlobType): void {
    const { blobs } = this.#open[type];
    if (blobs.length === 0) return;
    this.#open[type] = { blobs: [], bytes: 0 };
    const storing = this.#store(type, blobs)
      .catch((error: unknown) => void (this.#failure ??= { error }))
      .then(() => void this.#underWay.delete(storing));
    this.#underWay.add(storing);
  }

  async #store(type: BlobType, copies: readonly SealedBlob[]): Promise<void> {
    const { id, blobs, bytes } = this.#repository.packOfCopies(type, copies, this.#spares.pop());
    const proof = await this.#prover.prove({ id, blobs, bytes });
    if (proof.isSound) await this.#repository.storePack(type, { id, blobs, bytes: proof.bytes }, this.#signal);
    else for (const blob of blobs) await saveFromAnywhere(this.#repository, type, blob.id, this.#signal);
    if (proof.bytes.buffer instanceof ArrayBuffer) this.#spares.push(proof.bytes.buffer);
  }

  #throwIfFailed(): void {
    this.#signal?.throwIfAborted();
    if (this.#failure !== undefined) throw this.#failure.error;
  }
}

/**
 * Stores another copy of a blob from whichever pack has it whole.
 * @throws ENGINE_PRUNE_REFUSED when none has
 */
export async function saveFromAnywhere(
  repository: Repository,
  type: BlobType,
  id: BlobId,
  signal: AbortSignal | undefined,
): Promise<void> {
  let plain: Uint8Array;
  try {
    plain = await repository.loadBlob(type, id, signal);
  } catch (error) {
    if (!isUnreadable(error)) throw error;
    const message = `A piece that snapshots need is damaged, so nothing was removed: ${type} blob ${id}.`;
    throw new HoldfastError(engineErrors.pruneRefused, message, { cause: error, internal: error.message });
  }
  await repository.saveAnew(type, id, plain, signal);
}

/** A pack that is gone, cut short, or not what was written. */
export function isUnreadable(error: unknown): error is HoldfastError {
  return error instanceof HoldfastError && (error.kind === "damaged" || error.kind === "missing");
}
