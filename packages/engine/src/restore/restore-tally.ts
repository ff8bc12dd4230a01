import type { Clock } from "@holdfast/base";
import { displayPath } from "../tree/name-quoting.ts";
import type { Names } from "./walk-tree.ts";

/** How a restore gets on. Totals grow as directories are read unless the snapshot knew them. */
export interface RestoreProgress {
  readonly secondsElapsed: number;
  readonly totalFiles: number;
  readonly filesDone: number;
  readonly filesSkipped: number;
  readonly totalBytes: number;
  readonly bytesDone: number;
  readonly bytesSkipped: number;
  readonly deletedCount: number;
  readonly errorCount: number;
  /** The file being written, as text for people. */
  readonly currentFiles: readonly string[];
}

/** What a restore did. `Skipped` are files left alone because of the overwrite mode. */
export interface RestoreCounts {
  files: number;
  /** Of `files`, those whose content was there already. */
  filesUnchanged: number;
  filesSkipped: number;
  directories: number;
  /** Further names of files that have several. */
  hardLinks: number;
  /** Symlinks, fifos, devices. */
  others: number;
  /** Content written. */
  bytesWritten: number;
  bytesUnchanged: number;
  bytesSkipped: number;
  /** Entries of the target that the snapshot does not have. */
  deleted: number;
}

const reportEveryMs = 100;

/** Counts what a restore does and tells its observer, ten times a second at most. */
export class RestoreTally {
  readonly counts: RestoreCounts = {
    files: 0,
    filesUnchanged: 0,
    filesSkipped: 0,
    directories: 0,
    hardLinks: 0,
    others: 0,
    bytesWritten: 0,
    bytesUnchanged: 0,
    bytesSkipped: 0,
    deleted: 0,
  };
  readonly #clock: Clock;
  readonly #onProgress: (progress: RestoreProgress) => void;
  readonly #startedMs: number;
  #totals = { files: 0, bytes: 0 };
  #areTotalsKnown = false;
  #errorCount = 0;
  #current: Names = [];
  #reportedMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, onProgress: (progress: RestoreProgress) => void) {
    this.#clock = clock;
    this.#onProgress = onProgress;
    this.#startedMs = clock.monotonicMs();
  }

  /** What there is to do is known before it is walked. */
  expect(totals: { files: number; bytes: number }): void {
    this.#totals = totals;
    this.#areTotalsKnown = true;
  }

  /** The walk came by one more file. */
  planned(bytes: number): void {
    if (this.#areTotalsKnown) return;
    this.#totals = { files: this.#totals.files + 1, bytes: this.#totals.bytes + bytes };
  }

  fault(): void {
    this.#errorCount += 1;
  }

  file(names: Names): void {
    this.#current = names;
    this.report();
  }

  wrote(bytes: number): void {
    this.counts.bytesWritten += bytes;
    this.report();
  }

  finish(): void {
    this.#current = [];
    this.#reportedMs = Number.NEGATIVE_INFINITY;
    this.report();
  }

  report(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#reportedMs < reportEveryMs) return;
    this.#reportedMs = nowMs;
    const { files, filesSkipped, bytesWritten, bytesUnchanged, bytesSkipped } = this.counts;
    this.#onProgress({
      secondsElapsed: (nowMs - this.#startedMs) / 1000,
      totalFiles: Math.max(this.#totals.files, files + filesSkipped),
      filesDone: files,
      filesSkipped,
      totalBytes: Math.max(this.#totals.bytes, bytesWritten + bytesUnchanged + bytesSkipped),
      bytesDone: bytesWritten + bytesUnchanged,
      bytesSkipped,
      deletedCount: this.counts.deleted,
      errorCount: this.#errorCount,
      currentFiles: this.#current.length === 0 ? [] : [displayPath(this.#current)],
    });
  }
}
