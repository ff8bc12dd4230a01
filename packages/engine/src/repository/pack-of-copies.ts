import type { Random } from "@holdfast/base";
import type { BlobType } from "../blob.ts";
import type { MasterKey } from "../crypto/master-key.ts";
import type { BlobId } from "../id.ts";
import type { EncodedBlob } from "../pack/blob-encoding.ts";
import type { UnnamedPack } from "../pack/pack-reading.ts";
import { PackWriter } from "../pack/pack-writer.ts";

/** A pack in the making that is put together of sealed blobs: neither proven nor named. */
export class PackOfCopies {
  readonly #pack: PackWriter;
  readonly #key: MasterKey;
  readonly #random: Random;

  /** @param spare memory of an earlier one that is stored, to be used again */
  constructor(type: BlobType, packBytesTarget: number, key: MasterKey, random: Random, spare?: ArrayBuffer) {
    this.#pack = new PackWriter(type, packBytesTarget, spare, false);
    this.#key = key;
    this.#random = random;
  }

  /** Takes a copy of the sealed bytes. */
  add(id: BlobId, sealed: EncodedBlob): void {
    this.#pack.add(id, sealed);
  }

  get isFull(): boolean {
    return this.#pack.isFull;
  }

  /** All of it, for somebody who proves it and takes its hash. */
  finish(): UnnamedPack {
    return this.#pack.finishUnnamed(this.#key, this.#random);
  }
}
