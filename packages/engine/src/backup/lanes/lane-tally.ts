import type { BackupCounts } from "../tally.ts";
import type { BackupItem } from "../item.ts";
import type { ItemProblem } from "../../item-problem.ts";

/** What a lane did since it was asked last; sums of these are what the backup did. */
export interface LaneNews {
  readonly counts: Partial<BackupCounts>;
  /** Bytes of files that were read, or spared the reading. */
  readonly bytesDone: number;
  readonly problems: readonly ItemProblem[];
  /** Paths of files that were written to while they were read. */
  readonly changedWhileRead: readonly string[];
  /** Files and directories that are done, when somebody wants to hear of each. */
  readonly items: readonly BackupItem[];
  /** The file that is being read, as text for people. */
  readonly currentFile: string | undefined;
}

type Count = keyof BackupCounts;

/** The count that a file adds to, by what became of it. */
export const fileCounts = { new: "filesNew", modified: "filesChanged", unchanged: "filesUnmodified" } as const;

/** Counts what a lane does between two reports. */
export class LaneTally {
  #counts: Partial<Record<Count, number>> = {};
  #bytesDone = 0;
  #problems: ItemProblem[] = [];
  #changedWhileRead: string[] = [];
  #items: BackupItem[] = [];
  #currentFile: string | undefined;
  #problemsEver = 0;

  /** How many problems were told of so far. */
  get problemsEver(): number {
    return this.#problemsEver;
  }

  add(count: Count, by: number): void {
    this.#counts[count] = (this.#counts[count] ?? 0) + by;
  }

  /** A file that is in the snapshot now. */
  file(action: BackupItem["action"], sizeBytes: number): void {
    this.add(fileCounts[action], 1);
    this.add("totalFilesProcessed", 1);
    this.add("totalBytesProcessed", sizeBytes);
  }

  /** Files that need no look of their own, because their directory did not change. */
  unchangedFiles(files: number, bytes: number): void {
    this.add("filesUnmodified", files);
    this.add("totalFilesProcessed", files);
    this.add("totalBytesProcessed", bytes);
    this.bytesRead(bytes);
  }

  item(item: BackupItem): void {
    this.#items.push(item);
  }

  bytesRead(bytes: number): void {
    this.#bytesDone += bytes;
  }

  problem(problem: ItemProblem): void {
    this.#problems.push(problem);
    this.#problemsEver += 1;
  }

  changedWhileRead(path: string): void {
    this.#changedWhileRead.push(path);
  }

  set currentFile(path: string | undefined) {
    this.#currentFile = path;
  }

  /** What has gathered; the next answer begins at nothing. */
  take(): LaneNews {
    const news = {
      counts: this.#counts,
      bytesDone: this.#bytesDone,
      problems: this.#problems,
      changedWhileRead: this.#changedWhileRead,
      items: this.#items,
      currentFile: this.#currentFile,
    };
    this.#counts = {};
    this.#bytesDone = 0;
    this.#problems = [];
    this.#changedWhileRead = [];
    this.#items = [];
    return news;
  }
}
