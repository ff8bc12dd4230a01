import { MasterKey } from "../crypto/master-key.ts";
import type { BlobId, PackId } from "../id.ts";
import { decodeBlob, proveBlob } from "../pack/blob-encoding.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import { examinePack, nameOfProvenPack, type PackReading, type UnnamedPack } from "../pack/pack-reading.ts";

/** What a repository says about bytes that are in memory already, for threads that have no repository. */
export class Decoder {
  readonly #key: MasterKey;

  /** @param secret from `Repository.secretForThreads` */
  constructor(secret: Uint8Array) {
    this.#key = new MasterKey(secret);
  }

  /**
   * A blob's bytes, proven by tag, length and hash.
   * @param room gives the memory that they are put into; default an array of their own
   * @throws Error when they are not what was written
   */
  decode(
    id: BlobId,
    uncompressedLength: number,
    stored: Uint8Array,
    room?: (length: number) => Uint8Array,
  ): Uint8Array {
    return decodeBlob(this.#key, id, uncompressedLength, stored, room);
  }

  /** As `decode`; the bytes lie in memory that the next blob of this thread uses again. */
  prove(id: BlobId, uncompressedLength: number, stored: Uint8Array): Uint8Array {
    return proveBlob(this.#key, id, uncompressedLength, stored);
  }

  /** The id of a pack that was put together of sealed blobs, all of it proven; undefined when something is damaged. */
  nameOfProvenPack(pack: UnnamedPack): PackId | undefined {
    return nameOfProvenPack(this.#key, pack);
  }

  /** Proves a whole pack, see `Repository.readPack`. */
  examinePack(id: PackId, indexed: readonly PackedBlob[], bytes: Uint8Array): PackReading {
    return examinePack(this.#key, id, indexed, bytes);
  }
}
