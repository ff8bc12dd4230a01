import type { Clock } from "@holdfast/base";
import { ProblemList, sourceProblem, type ItemProblem, type ItemProblems } from "../item-problem.ts";
import { fileCounts, type LaneNews } from "./lanes/lane-tally.ts";
import { noCounts, type SummaryCounts } from "../snapshot/summary.ts";
import type { BackupItem } from "./item.ts";
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
export type BackupCounts = SummaryCounts;

/** Who wants to hear what, while the backup goes on. */
export interface BackupObserver {
  readonly onProgress: (progress: BackupProgress) => void;
  readonly onProblem?: ((problem: ItemProblem) => void) | undefined;
  readonly onItem?: ((item: BackupItem) => void) | undefined;
}

type ItemRest = Omit<BackupItem, "action" | "isDirectory">;

const reportEveryMs = 100;
const changedKeptMax = 1000;
const directoryCounts = { new: "dirsNew", modified: "dirsChanged", unchanged: "dirsUnmodified" } as const;

/** Counts what a backup does, in all its threads, and tells its observer, of progress ten times a second at most. */
export class Tally {
  readonly #clock: Clock;
  readonly #observer: BackupObserver;
  readonly #startedMs: number;
  readonly #problems: ProblemList;
  readonly #changedWhileRead: string[] = [];
  readonly #streams = new Set<string>();
  readonly #currentByLane = new Map<number, string>();
  readonly #counts = noCounts();
  #totals: SourceTotals = { files: 0, bytes: 0 };
  #bytesSeen = 0;
  #reportedMs = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, observer: BackupObserver) {
    this.#clock = clock;
    this.#observer = observer;
    this.#problems = new ProblemList(observer.onProblem ?? (() => {}));
    this.#startedMs = clock.monotonicMs();
  }

  get counts(): BackupCounts {
    return { ...this.#counts };
  }

  get problems(): ItemProblems {
    return this.#problems.problems;
  }

  /** The first thousand. */
  get filesChangedWhileRead(): readonly string[] {
    return this.#changedWhileRead;
  }

  expect(totals: SourceTotals): void {
    this.#totals = totals;
    this.#report();
  }

  /** Adds what a lane did since it told last. */
  absorb(news: LaneNews, lane: number): void {
    for (const [count, by] of Object.entries(news.counts)) this.#counts[count as keyof BackupCounts] += by;
    this.#bytesSeen += news.bytesDone;
    for (const problem of news.problems) this.#problems.add(problem);
    for (const path of news.changedWhileRead) this.changedWhileRead(path);
    for (const item of news.items) this.#observer.onItem?.(item);
    if (news.currentFile === undefined) this.#currentByLane.delete(lane);
    else this.#currentByLane.set(lane, news.currentFile);
    this.#report();
  }

  problem(problem: ItemProblem): void {
    this.#problems.add(problem);
    this.#report();
  }

  /** Takes what was thrown while dealing with one entry. @throws `error` itself when it is a bug */
  fault(path: string, error: unknown): void {
    const problem = sourceProblem(path, error);
    if (problem !== undefined) this.problem(problem);
  }

  changedWhileRead(path: string): void {
    if (this.#changedWhileRead.length < changedKeptMax) this.#changedWhileRead.push(path);
  }

  fileBegins(path: string): void {
    this.#streams.add(path);
    this.#report();
  }

  fileEnds(path: string): void {
    this.#streams.delete(path);
  }

  bytesRead(bytes: number): void {
    this.#bytesSeen += bytes;
    this.#report();
  }

  file(action: BackupItem["action"], sizeBytes: number, item: ItemRest): void {
    this.#counts[fileCounts[action]] += 1;
    this.#counts.totalFilesProcessed += 1;
    this.#counts.totalBytesProcessed += sizeBytes;
    this.#observer.onItem?.({ ...item, action, isDirectory: false });
    this.#report();
  }

  /** Files that need no look of their own, because their directory did not change. */
  unchangedFiles(files: number, bytes: number): void {
    this.#counts.filesUnmodified += files;
    this.#counts.totalFilesProcessed += files;
    this.#counts.totalBytesProcessed += bytes;
    this.bytesRead(bytes);
  }

  directory(action: BackupItem["action"], item: ItemRest): void {
    this.#counts[directoryCounts[action]] += 1;
    this.#observer.onItem?.({ ...item, action, isDirectory: true });
  }

  /** Tells the observer once more, whenever it was told last. */
  finish(): void {
    this.#reportedMs = Number.NEGATIVE_INFINITY;
    this.#report();
  }

  #report(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#reportedMs < reportEveryMs) return;
    this.#reportedMs = nowMs;
    const filesDone = this.#counts.totalFilesProcessed;
    this.#observer.onProgress({
      secondsElapsed: (nowMs - this.#startedMs) / 1000,
      // The source may have grown since it was measured.
      totalFiles: Math.max(this.#totals.files, filesDone),
      filesDone,
      totalBytes: Math.max(this.#totals.bytes, this.#bytesSeen),
      bytesDone: this.#bytesSeen,
      errorCount: this.#problems.count,
      currentFiles: [...this.#currentByLane.values(), ...this.#streams],
    });
  }
}
