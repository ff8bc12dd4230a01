import type { Id, PackId, SnapshotId } from "../id.ts";

/** A file or directory of a snapshot that cannot be restored as it was. */
export interface AffectedPath {
  readonly snapshotId: SnapshotId;
  /** As text for people; bytes that are not printable are escaped. */
  readonly path: string;
}

/** One thing that is wrong with a repository. */
export interface CheckFinding {
  readonly code: string;
  /** One sentence or two. */
  readonly message: string;
  readonly packId?: PackId;
  /** The key, index or snapshot file, or the tree, that is damaged. */
  readonly fileId?: Id;
  /** The first of the paths that cannot be restored because of this; none where another copy serves. */
  readonly affected: readonly AffectedPath[];
  /** How many there are altogether. */
  readonly affectedCount: number;
}

export interface CheckReport {
  /** Empty: everything looked at is as it was written. */
  readonly errors: readonly CheckFinding[];
  /** What is odd and does no harm. */
  readonly hints: readonly string[];
  readonly snapshots: number;
  readonly trees: number;
  readonly packs: number;
  /** Packs whose every byte was read, and their bytes. */
  readonly packsRead: number;
  readonly bytesRead: number;
  /** Packs that are missing or damaged. */
  readonly brokenPacks: readonly PackId[];
  readonly suggestRepairIndex: boolean;
  readonly suggestPrune: boolean;
}

const affectedKeptMax = 1000;

/** A finding while its consequences are still being gathered. */
export class Finding {
  readonly code: string;
  readonly message: string;
  readonly subject: { readonly packId?: PackId; readonly fileId?: Id };
  readonly #affected: AffectedPath[] = [];
  #affectedCount = 0;

  /** @param kind an entry of the catalogue, or the failure that was met */
  constructor(kind: { readonly code: string }, message: string, subject: { packId?: PackId; fileId?: Id } = {}) {
    this.code = kind.code;
    this.message = message;
    this.subject = subject;
  }

  affects(path: AffectedPath): void {
    this.#affectedCount += 1;
    if (this.#affected.length < affectedKeptMax) this.#affected.push(path);
  }

  toReport(): CheckFinding {
    const { code, message, subject } = this;
    return { code, message, ...subject, affected: this.#affected, affectedCount: this.#affectedCount };
  }
}
