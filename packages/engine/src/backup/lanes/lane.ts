import { HoldfastError, type Clock } from "@holdfast/base";
import { blobBytesMax, type BlobType } from "../../blob.ts";
import { engineErrors } from "../../errors.ts";
import type { BlobId } from "../../id.ts";
import { sourceProblem } from "../../item-problem.ts";
import type { BlobPacker, FullPack } from "../../repository/blob-packer.ts";
import type { IgnoredChanges } from "../change-detection.ts";
import { KnownTrees, type KnownTreesHandle } from "../known-trees/known-trees.ts";
import { FileReader } from "../file-reader.ts";
import { LaneTally } from "./lane-tally.ts";
import type { TreeDone } from "./tasks.ts";

/** What all lanes of a backup have in common, as far as it can be sent to another thread. */
export interface LaneSettings {
  readonly chunkerPolynomial: bigint;
  readonly ignoredChanges: IgnoredChanges;
  /** Whether the source can be opened again by the places that its entries give. */
  readonly hasPlaces: boolean;
  /** Tells of each file and directory, not only of their number. */
  readonly tellsItems: boolean;
  /** Notes what directories look like, so that their trees are known next time. */
  readonly notesLooks: boolean;
  /** Trees that are known from last time. */
  readonly knownTrees: KnownTreesHandle | undefined;
}

/** What a blob added, its entry in the pack's header included; 0 and 0 when the repository had it. */
export interface SavedBytes {
  plainBytes: number;
  storedBytes: number;
}

/**
 * One thread's share of a backup's work. It never waits: its work is generators that yield a pack when one is full, and
 * undefined now and then, and whoever drives them, a worker thread or the calling one, decides what happens in between.
 */
export class Lane {
  readonly settings: LaneSettings;
  readonly packer: BlobPacker;
  readonly clock: Clock;
  readonly tally = new LaneTally();
  readonly knownTrees: KnownTrees | undefined;
  #reader: FileReader | undefined;

  constructor(settings: LaneSettings, packer: BlobPacker, clock: Clock) {
    this.settings = settings;
    this.packer = packer;
    this.clock = clock;
    this.knownTrees = settings.knownTrees && new KnownTrees(settings.knownTrees);
  }

  /** For one file at a time. */
  get reader(): FileReader {
    return (this.#reader ??= new FileReader(this.settings.chunkerPolynomial));
  }

  /**
   * Takes a blob in, unless it is known.
   * @param added gets what it adds
   * @throws ENGINE_VERIFICATION_FAILED
   */
  *save(type: BlobType, plain: Uint8Array, added: SavedBytes): Generator<FullPack | undefined, BlobId> {
    const { id, storedBytes, full } = this.packer.take(type, plain);
    if (storedBytes > 0) {
      added.plainBytes += plain.byteLength;
      added.storedBytes += storedBytes;
      this.tally.add(type === "data" ? "dataBlobs" : "treeBlobs", 1);
      this.tally.add("dataAdded", plain.byteLength);
      this.tally.add("dataAddedPacked", storedBytes);
    }
    if (full !== undefined) yield full;
    return id;
  }

  /**
   * Takes a directory's listing in.
   * @param path for the report when it is too large to be read back
   * @returns undefined then: the directory is left out
   */
  *saveTree(listing: Uint8Array, path: string): Generator<FullPack | undefined, TreeDone | undefined> {
    if (listing.byteLength > blobBytesMax.tree) {
      this.fault(path, new HoldfastError(engineErrors.directoryTooLarge, "The directory has too many entries."));
      return undefined;
    }
    const added = { plainBytes: 0, storedBytes: 0 };
    return { id: yield* this.save("tree", listing, added), added };
  }

  /**
   * Reports an entry, unless it merely went away since its directory was listed, as files do.
   * @throws `error` itself when it is neither a failure we expect nor the system's: then it is a bug
   */
  fault(path: string, error: unknown): void {
    const problem = sourceProblem(path, error);
    if (problem !== undefined) this.tally.problem(problem);
  }
}
