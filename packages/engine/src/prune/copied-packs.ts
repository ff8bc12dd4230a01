import { HoldfastError } from "@holdfast/base";
import type { BlobType } from "../blob.ts";
import { engineErrors } from "../errors.ts";
import type { BlobId } from "../id.ts";
import type { PackOfCopies } from "../repository/pack-of-copies.ts";
import type { Repository } from "../repository/repository.ts";
import { Prover, type ProofJob } from "./prover.ts";

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
  readonly #open: { data?: PackOfCopies; tree?: PackOfCopies } = {};
  readonly #underWay = new Set<Promise<void>>();
  readonly #spares: ArrayBuffer[] = [];
  #failure: { readonly error: unknown } | undefined;

  /** @param bytesExpected that there will be to copy */
  constructor(repository: Repository, bytesExpected: number, signal: AbortSignal | undefined) {
    this.#repository = repository;
    this.#signal = signal;
    this.#prover = new Prover(repository.secretForThreads(), bytesExpected);
  }

  /** Takes a copy of a blob; waits first while enough is under way. @throws what storing an earlier one threw */
  async add(type: BlobType, { id, stored, uncompressedLength }: SealedBlob): Promise<void> {
    while (this.#underWay.size > this.#prover.threads) await Promise.race(this.#underWay);
    this.#throwIfFailed();
    const open = (this.#open[type] ??= this.#repository.packOfCopies(type, this.#spares.pop()));
    open.add(id, { stored, uncompressedLength });
    if (open.isFull) this.#close(type);
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
    const pack = this.#open[type]?.finish();
    delete this.#open[type];
    if (pack === undefined) return;
    const storing = this.#store(type, pack)
      .catch((error: unknown) => void (this.#failure ??= { error }))
      .then(() => void this.#underWay.delete(storing));
    this.#underWay.add(storing);
  }

  async #store(type: BlobType, { blobs, bytes: unproven }: ProofJob): Promise<void> {
    const { id, bytes } = await this.#prover.prove({ blobs, bytes: unproven });
    if (id !== undefined) await this.#repository.storePack(type, { id, blobs, bytes }, this.#signal);
    else for (const blob of blobs) await saveFromAnywhere(this.#repository, type, blob.id, this.#signal);
    if (bytes.buffer instanceof ArrayBuffer) this.#spares.push(bytes.buffer);
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
function isUnreadable(error: unknown): error is HoldfastError {
  return error instanceof HoldfastError && (error.kind === "damaged" || error.kind === "missing");
}
