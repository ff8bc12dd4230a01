import type { Random } from "@holdfast/base";
import type { BlobType } from "../blob.ts";
import { MasterKey } from "../crypto/master-key.ts";
import { newNonce } from "../crypto/seal.ts";
import { idFromBytes, sha256, type BlobId } from "../id.ts";
import { prepareBlob } from "../pack/blob-encoding.ts";
import type { CompressionMode } from "../pack/compression.ts";
import { headerEntryBytes } from "../pack/pack-header.ts";
import { packRoomBytes, PackWriter, type FinishedPack, type UnfinishedPack } from "../pack/pack-writer.ts";
import { SharedBlobSet, type SharedBlobSetHandle } from "../tables/shared-blob-set.ts";
import { Decoder } from "./decoder.ts";

export type { UnfinishedPack };

/** What a thread needs to make packs for a repository; it can be sent there. */
export interface PackerSetup {
  /** From `Repository.secretForThreads`. */
  readonly secret: Uint8Array;
  readonly known: SharedBlobSetHandle;
  readonly version: 1 | 2;
  readonly packBytesTarget: number;
  readonly compression: CompressionMode;
  /** Reads back what was encrypted before it is handed over. */
  readonly isVerified: boolean;
}

/** A full pack on its way to the storage. */
export interface FullPack {
  readonly type: BlobType;
  readonly pack: FinishedPack;
}

/** What taking a blob in came to. */
export interface TakenBlob {
  readonly id: BlobId;
  /** What it adds to the storage, its entry in the pack's header included; 0 when the repository had it. */
  readonly storedBytes: number;
  /** The pack that it filled. */
  readonly full: FullPack | undefined;
}

/**
 * Hashes, compresses and encrypts blobs into packs of its own, in the thread that it lives in. All packers of a
 * repository share what is known, so none stores what another has taken on.
 */
export class BlobPacker {
  /** For what lies in packs already. */
  readonly decoder: Decoder;
  /**
   * Memory of packs that are stored, to be used again. It is shared, so a pack needs no copy to be stored by another
   * thread, and counts for neither thread's collector of garbage, which large packs that come and go would keep busy.
   */
  readonly spares: SharedArrayBuffer[] = [];
  readonly #setup: PackerSetup;
  readonly #key: MasterKey;
  readonly #known: SharedBlobSet;
  readonly #random: Random;
  readonly #open: { data?: PackWriter; tree?: PackWriter } = {};

  constructor(setup: PackerSetup, random: Random) {
    this.decoder = new Decoder(setup.secret);
    this.#setup = setup;
    this.#key = new MasterKey(setup.secret);
    this.#known = SharedBlobSet.attach(setup.known);
    this.#random = random;
  }

  /** @param id 32 raw bytes */
  has(type: BlobType, id: Uint8Array): boolean {
    return this.#known.has(type, id);
  }

  /**
   * Takes a blob in, unless it is known. It counts as known from then on, so whoever cannot store it must end the
   * session's writing.
   * @throws ENGINE_VERIFICATION_FAILED
   */
  take(type: BlobType, plain: Uint8Array): TakenBlob {
    const hash = sha256(plain);
    const id = idFromBytes(hash);
    if (!this.#known.claim(type, hash)) return { id, storedBytes: 0, full: undefined };
    const { version, compression, packBytesTarget, isVerified } = this.#setup;
    const prepared = prepareBlob(version, type, plain, compression);
    const pack = (this.#open[type] ??= new PackWriter(type, packBytesTarget, this.#room()));
    const sealedBytes = pack.seal(id, prepared, this.#key, newNonce(this.#random), isVerified ? plain : undefined);
    const storedBytes = sealedBytes + headerEntryBytes(prepared.uncompressedLength !== 0);
    if (!pack.isFull) return { id, storedBytes, full: undefined };
    delete this.#open[type];
    return { id, storedBytes, full: { type, pack: pack.finish(this.#key, this.#random, isVerified) } };
  }

  #room(): SharedArrayBuffer {
    return this.spares.pop() ?? new SharedArrayBuffer(packRoomBytes(this.#setup.packBytesTarget));
  }

  /** What the last blobs are in; the packer is used up. */
  leftovers(): UnfinishedPack[] {
    return [this.#open.data, this.#open.tree].filter((pack) => pack !== undefined).map((pack) => pack.unfinished());
  }
}
