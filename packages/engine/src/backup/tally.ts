import type { Clock } from "@holdfast/base";
import type { BlobType } from "../blob.ts";
import type { SavedBlob } from "../repository/blob-writer.ts";
import type { SnapshotSummary } from "../snapshot/summary.ts";
import type { TreeNode } from "../tree/node.ts";
import { isSameNode } from "./change-detection.ts";
import type { BackupItem, ItemUnderway } from "./item.ts";
import type { SourceTotals } from "./source.ts";

/** How a backup gets on. Names are those of restic's status messages; totals are estimates until the end. */
export interface BackupProgress {
  readonly secondsElapsed: number;
  readonly totalFiles: number;
  readonly filesDone: number;
  readonly totalBytes: number;
  readonly bytesDone: number;
  readonly errorCount: number;
  /** Files being read right now, as text for people. */
  readonly currentFiles: readonly string[];
}

/** What a backup did: the counts of its snapshot's summary. */
export type BackupCounts = Omit<SnapshotSummary, "backupStart" | "backupEnd" | "otherKeys">;

const reportEveryMs = 100;

/** Counts what a backup does and tells its observer, ten times a second at most. */
export class Tally {
  readonly #clock: Clock;
  readonly #onProgress: (progress: BackupProgress) => void;
  readonly #onItem: ((item: BackupItem) => void) | undefined;
  readonly #startedMs: number;
  readonly #current = new Set<string>();
  readonly #counts = {
    filesNew: 0,
    filesChanged: 0,
    filesUnmodified: 0,
    dirsNew: 0,
    dirsChanged: 0,
    dirsUnmodified: 0,
    dataBlobs: 0,
    treeBlobs: 0,
    dataAdded: 0,
    dataAddedPacked: 0,
    totalFilesProcessed: 0,
    totalBytesProcessed: 0,
  };
  #totals: SourceTotals = { files: 0, bytes: 0 };
  #bytesSeen = 0;
  #errorCount = 0;
  #reportedMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, onProgress: (progress: BackupProgress) => void, onItem?: (item: BackupItem) => void) {
    this.#clock = clock;
    this.#onProgress = onProgress;
    this.#onItem = onItem;
    this.#startedMs = clock.monotonicMs();
  }

  get counts(): BackupCounts {
    return { ...this.#counts };
  }

  expect(totals: SourceTotals): void {
    this.#totals = totals;
    this.#report();
  }

  fault(): void {
    this.#errorCount += 1;
    this.#report();
  }

  fileBegins(path: string): void {
    this.#current.add(path);
    this.#report();
  }

  fileEnds(path: string): void {
    this.#current.delete(path);
  }

  bytesRead(bytes: number): void {
    this.#bytesSeen += bytes;
    this.#report();
  }

  /** A file that change detection spared the reading. */
  fileSpared(node: TreeNode, item: ItemUnderway): void {
    this.#counts.filesUnmodified += 1;
    this.#itemDone(item, "unchanged", false);
    this.#bytesSeen += Number(node.size);
    this.#fileDone(node);
  }

  fileRead(node: TreeNode, before: TreeNode | undefined, item: ItemUnderway): void {
    const action = actionOf(node, before);
    if (action === "new") this.#counts.filesNew += 1;
    else if (action === "unchanged") this.#counts.filesUnmodified += 1;
    else this.#counts.filesChanged += 1;
    this.#itemDone(item, action, false);
    this.#fileDone(node);
  }

  directory(node: TreeNode, before: TreeNode | undefined, item: ItemUnderway): void {
    const action = actionOf(node, before);
    if (action === "new") this.#counts.dirsNew += 1;
    else if (action === "unchanged") this.#counts.dirsUnmodified += 1;
    else this.#counts.dirsChanged += 1;
    this.#itemDone(item, action, true);
  }

  blob(type: BlobType, plainBytes: number, saved: SavedBlob): void {
    if (!saved.isNew) return;
    if (type === "data") this.#counts.dataBlobs += 1;
    else this.#counts.treeBlobs += 1;
    this.#counts.dataAdded += plainBytes;
    this.#counts.dataAddedPacked += saved.storedBytes;
  }

  /** Tells the observer once more, whenever it was told last. */
  finish(): void {
    this.#reportedMs = Number.NEGATIVE_INFINITY;
    this.#report();
  }

  #itemDone(item: ItemUnderway, action: BackupItem["action"], isDirectory: boolean): void {
    if (this.#onItem === undefined) return;
    const { path, added, startedMs } = item;
    const durationMs = this.#clock.monotonicMs() - startedMs;
    this.#onItem({ path: isDirectory ? `${path}/` : path, isDirectory, action, durationMs, added });
  }

  #fileDone(node: TreeNode): void {
    this.#counts.totalFilesProcessed += 1;
    this.#counts.totalBytesProcessed += Number(node.size);
    this.#report();
  }

  #report(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#reportedMs < reportEveryMs) return;
    this.#reportedMs = nowMs;
    const filesDone = this.#counts.totalFilesProcessed;
    this.#onProgress({
      secondsElapsed: (nowMs - this.#startedMs) / 1000,
      // The source may have grown since it was measured.
      totalFiles: Math.max(this.#totals.files, filesDone),
      filesDone,
      totalBytes: Math.max(this.#totals.bytes, this.#bytesSeen),
      bytesDone: this.#bytesSeen,
      errorCount: this.#errorCount,
      currentFiles: [...this.#current],
    });
  }
}

function actionOf(node: TreeNode, before: TreeNode | undefined): BackupItem["action"] {
  if (before === undefined) return "new";
  return isSameNode(node, before) ? "unchanged" : "modified";
}
