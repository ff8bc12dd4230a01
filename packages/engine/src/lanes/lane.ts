import { systemCodeOf, HoldfastError, messageOf, type Clock, type Random } from "@holdfast/base";
import type { BlobType } from "../blob.ts";
import type { IgnoredChanges } from "../backup/change-detection.ts";
import { FileReader } from "../backup/file-reader.ts";
import type { MasterKey } from "../crypto/master-key.ts";
import { newNonce } from "../crypto/seal.ts";
import { engineErrors } from "../errors.ts";
import { idFromBytes, sha256, type BlobId } from "../id.ts";
import { prepareBlob } from "../pack/blob-encoding.ts";
import type { CompressionMode } from "../pack/compression.ts";
import { headerEntryBytes } from "../pack/pack-header.ts";
import { PackWriter, type FinishedPack, type UnfinishedPack } from "../pack/pack-writer.ts";
import type { SharedBlobSet } from "../tables/shared-blob-set.ts";
import { LaneTally } from "./lane-tally.ts";

/** What all lanes of a backup have in common, as far as it can be sent to another thread. */
export interface LaneSettings {
  readonly version: 1 | 2;
  readonly chunkerPolynomial: bigint;
  readonly packBytesTarget: number;
  readonly compression: CompressionMode;
  /** Reads back what was encrypted before it is handed over. */
  readonly isVerified: boolean;
  readonly ignoredChanges: IgnoredChanges;
  /** Whether the source can be opened again by the places that its entries give. */
  readonly hasPlaces: boolean;
  /** Tells of each file and directory, not only of their number. */
  readonly tellsItems: boolean;
}

export interface LaneParts {
  readonly settings: LaneSettings;
  readonly key: MasterKey;
  /** Blobs that the repository has, and those that a lane has taken on. */
  readonly known: SharedBlobSet;
  readonly random: Random;
  readonly clock: Clock;
}

/** A full pack on its way to the storage. */
export interface LanePack {
  readonly type: BlobType;
  readonly pack: FinishedPack;
}

/** What a blob added, its entry in the pack's header included; 0 and 0 when the repository had it. */
export interface SavedBytes {
  plainBytes: number;
  storedBytes: number;
}

/**
 * One thread's share of a backup's work: hashes, compresses, encrypts, and fills packs of its own. It never waits: its
 * work is generators that yield a pack when one is full, and undefined now and then, and whoever drives them, a worker
 * thread or the calling one, decides what happens in between.
 */
export class Lane {
  readonly settings: LaneSettings;
  readonly key: MasterKey;
  readonly known: SharedBlobSet;
  readonly clock: Clock;
  readonly tally = new LaneTally();
  /** Memory of packs that are stored: the collector of garbage would be slow to notice it. */
  readonly spares: ArrayBuffer[] = [];
  readonly #random: Random;
  readonly #open: { data?: PackWriter; tree?: PackWriter } = {};
  #reader: FileReader | undefined;

  constructor(parts: LaneParts) {
    this.settings = parts.settings;
    this.key = parts.key;
    this.known = parts.known;
    this.clock = parts.clock;
    this.#random = parts.random;
  }

  /** For one file at a time. */
  get reader(): FileReader {
    return (this.#reader ??= new FileReader(this.settings.chunkerPolynomial));
  }

  /**
   * Takes a blob in, unless it is known. It counts as known from then on, so a lane that cannot keep it must end the
   * backup.
   * @param added gets what it adds
   * @throws ENGINE_VERIFICATION_FAILED
   */
  *save(type: BlobType, plain: Uint8Array, added: SavedBytes): Generator<LanePack | undefined, BlobId> {
    const hash = sha256(plain);
    const id = idFromBytes(hash);
    if (!this.known.claim(type, hash)) return id;
    const { version, compression, packBytesTarget, isVerified } = this.settings;
    const prepared = prepareBlob(version, type, plain, compression);
    const pack = (this.#open[type] ??= new PackWriter(type, packBytesTarget, this.spares.pop()));
    const sealedBytes = pack.seal(id, prepared, this.key, newNonce(this.#random));
    const storedBytes = sealedBytes + headerEntryBytes(prepared.uncompressedLength !== 0);
    added.plainBytes += plain.byteLength;
    added.storedBytes += storedBytes;
    this.tally.add(type === "data" ? "dataBlobs" : "treeBlobs", 1);
    this.tally.add("dataAdded", plain.byteLength);
    this.tally.add("dataAddedPacked", storedBytes);
    if (pack.isFull) {
      delete this.#open[type];
      yield { type, pack: pack.finish(this.key, this.#random, isVerified) };
    }
    return id;
  }

  /** What the last blobs are in; the lane is used up. */
  leftovers(): UnfinishedPack[] {
    return [this.#open.data, this.#open.tree].filter((pack) => pack !== undefined).map((pack) => pack.unfinished());
  }

  /**
   * Reports an entry, unless it merely went away since its directory was listed, as files do.
   * @throws `error` itself when it is neither a failure we expect nor the system's: then it is a bug
   */
  fault(path: string, error: unknown): void {
    const isExpected = error instanceof HoldfastError;
    if (!isExpected) {
      const code = systemCodeOf(error);
      if (code === undefined) throw error;
      if (code === "ENOENT") return;
    }
    const code = isExpected ? error.code : engineErrors.sourceUnreadable.code;
    this.tally.problem({ path, code, message: messageOf(error) });
  }
}
