import { accessSync, constants } from "node:fs";
import { posix } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { dayMs, MiB, systemCodeOf, type Clock, type Random } from "@holdfast/base";
import { BackupTrial } from "@holdfast/engine/backup";
import { isDirectory, isFile } from "@holdfast/engine/files";
import type { FilesOptions } from "../files/files-source.ts";
import { Selection } from "../files/selection.ts";
import { targetTree } from "../files/target-tree.ts";
import { walkTargets, type WalkedDirectory, type WalkedEntry } from "../files/walk.ts";
import { FileStretch } from "./file-stretch.ts";
import { SizeClasses, type SizeClass } from "./size-classes.ts";

/** What files were found, and what a backup would make of a sample of them. Sizes in bytes. */
export interface FilesAssessment {
  readonly paths: readonly string[];
  readonly measuredAtMs: number;
  readonly files: number;
  readonly directories: number;
  readonly otherEntries: number;
  readonly bytes: number;
  readonly largestFileBytes: number;
  readonly unreadable: number;
  /** Bytes of files modified within the last day, 7 days, 30 days. */
  readonly changedBytes: { readonly day: number; readonly week: number; readonly month: number };
  readonly sample: {
    readonly bytes: number;
    /** Stored size divided by size of unique chunks; each class of file sizes counts by its share of all bytes. */
    readonly compressionRatio: number;
    /** Unique bytes divided by bytes within the sample. */
    readonly uniqueRatio: number;
    /** Read, chunk, hash, compress and encrypt on this machine, one core; 0 when there was nothing to sample. */
    readonly bytesPerSecond: number;
  };
}

export interface AssessOptions extends FilesOptions {
  /** Time that the sample may take; counting everything takes as long as it takes. */
  readonly sampleBudgetMs: number;
  /** Bytes that the sample may take; default 256 MiB. */
  readonly sampleBytesMax?: number;
}

export interface AssessProgress {
  readonly files: number;
  readonly bytes: number;
}

type Counts = {
  -readonly [Key in "files" | "directories" | "otherEntries" | "bytes" | "largestFileBytes" | "unreadable"]: number;
};

const turnEntries = 64;
const reportEveryMs = 250;
const isRoot = process.geteuid?.() === 0;

/**
 * Looks at everything that a backup of these targets would take, and puts a sample of it through the real chunker,
 * compressor and cipher.
 * @param onProgress called four times a second at most
 * @throws SOURCE_MISSING when no target exists, ENGINE_BAD_PATTERN, the signal's reason
 */
export async function assess(
  options: AssessOptions,
  context: { readonly clock: Clock; readonly random: Random },
  onProgress: (progress: AssessProgress) => void = () => {},
  signal?: AbortSignal,
): Promise<FilesAssessment> {
  const targets = targetTree(options.targets, options.workingDir);
  const measuredAtMs = context.clock.nowMs();
  const classes = new SizeClasses(context.random);
  const survey = new Survey(context.clock, classes, onProgress, signal);
  survey.counts.unreadable += targets.unusable.length;
  await survey.visit(walkTargets(targets.root, new Selection(options)));
  const { counts, changedBytes } = survey;
  const sample = await takeSample(classes.classes, options, context, signal);
  return {
    paths: options.targets.map((target) => posix.resolve(options.workingDir, target)),
    measuredAtMs,
    ...counts,
    unreadable: counts.unreadable,
    changedBytes,
    sample,
  };
}

/** Counts what a walk comes by. */
class Survey {
  readonly counts: Counts = {
    files: 0,
    directories: 0,
    otherEntries: 0,
    bytes: 0,
    largestFileBytes: 0,
    unreadable: 0,
  };
  readonly changedBytes = { day: 0, week: 0, month: 0 };
  readonly #clock: Clock;
  readonly #nowMs: number;
  readonly #classes: SizeClasses;
  readonly #onProgress: (progress: AssessProgress) => void;
  readonly #signal: AbortSignal | undefined;
  #entriesSinceTurn = 0;
  #reportedMs = Number.NEGATIVE_INFINITY;

  constructor(
    clock: Clock,
    classes: SizeClasses,
    onProgress: (progress: AssessProgress) => void,
    signal: AbortSignal | undefined,
  ) {
    this.#clock = clock;
    this.#nowMs = clock.nowMs();
    this.#classes = classes;
    this.#onProgress = onProgress;
    this.#signal = signal;
  }

  async visit(directory: WalkedDirectory): Promise<void> {
    try {
      for (const entry of directory.entries()) {
        await this.#turn();
        const inner = this.#count(entry);
        if (inner !== undefined) await this.visit(inner);
      }
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error;
      this.counts.unreadable += 1; // it may be entered, but not listed
    } finally {
      directory.close();
    }
  }

  /** @returns the directory to go on with, if the entry is one */
  #count(entry: WalkedEntry): WalkedDirectory | undefined {
    const { counts } = this;
    const { stats } = entry;
    if (stats === undefined) counts.unreadable += 1;
    else if (isFile(stats)) this.#countFile(entry, Number(stats.size), Number(stats.mtimeNs / 1_000_000n));
    else if (isDirectory(stats)) {
      counts.directories += 1;
      try {
        return entry.enter();
      } catch (error) {
        if (systemCodeOf(error) === undefined) throw error;
        counts.unreadable += 1;
      }
    } else counts.otherEntries += 1;
    return undefined;
  }

  #countFile(entry: WalkedEntry, sizeBytes: number, mtimeMs: number): void {
    const { counts, changedBytes } = this;
    counts.files += 1;
    counts.bytes += sizeBytes;
    counts.largestFileBytes = Math.max(counts.largestFileBytes, sizeBytes);
    const ageMs = this.#nowMs - mtimeMs;
    if (ageMs <= dayMs) changedBytes.day += sizeBytes;
    if (ageMs <= 7 * dayMs) changedBytes.week += sizeBytes;
    if (ageMs <= 30 * dayMs) changedBytes.month += sizeBytes;
    if (!isReadable(entry.path)) counts.unreadable += 1;
    else this.#classes.add(sizeBytes, () => Buffer.from(entry.absolutePath, "latin1"));
  }

  #report(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#reportedMs < reportEveryMs) return;
    this.#reportedMs = nowMs;
    this.#onProgress({ files: this.counts.files, bytes: this.counts.bytes });
  }

  async #turn(): Promise<void> {
    this.#entriesSinceTurn += 1;
    if (this.#entriesSinceTurn < turnEntries) return;
    this.#entriesSinceTurn = 0;
    this.#report();
    await nextTurn();
    this.#signal?.throwIfAborted();
  }
}

function isReadable(path: Buffer): boolean {
  if (isRoot) return true;
  try {
    accessSync(path, constants.R_OK);
    return true;
  } catch {
    return false;
  }
}

/** Samples the classes in proportion to the bytes they hold until time or bytes are used up. */
async function takeSample(
  classes: readonly SizeClass[],
  options: AssessOptions,
  context: { readonly clock: Clock; readonly random: Random },
  signal: AbortSignal | undefined,
): Promise<FilesAssessment["sample"]> {
  const bytesMax = options.sampleBytesMax ?? 256 * MiB;
  const endsMs = context.clock.monotonicMs() + options.sampleBudgetMs;
  const trial = new BackupTrial(context);
  const taken = classes.map((sizeClass) => ({
    sizeClass,
    left: [...sizeClass.places],
    bytes: 0,
    uniqueBytes: 0,
    storedBytes: 0,
  }));
  let bytes = 0;
  while (bytes < bytesMax && context.clock.monotonicMs() < endsMs) {
    signal?.throwIfAborted();
    const open = taken.filter(({ left }) => left.length > 0);
    if (open.length === 0) break;
    const least = open.reduce((best, each) => (shareOf(each) < shareOf(best) ? each : best));
    const place = least.left.pop()!;
    try {
      const stretch = new FileStretch(place);
      try {
        const result = trial.run(stretch);
        least.bytes += result.bytes;
        least.uniqueBytes += result.uniqueBytes;
        least.storedBytes += result.storedBytes;
        bytes += result.bytes;
      } finally {
        stretch.close();
      }
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error; // gone or locked since it was counted: another one will do
    }
    await nextTurn();
  }
  const sampled = taken.filter(({ uniqueBytes }) => uniqueBytes > 0);
  const weight = sampled.reduce((sum, { sizeClass }) => sum + sizeClass.bytes, 0);
  const uniqueBytes = taken.reduce((sum, each) => sum + each.uniqueBytes, 0);
  return {
    bytes,
    compressionRatio: sampled.reduce(
      (sum, { sizeClass, storedBytes, uniqueBytes: unique }) =>
        sum + (sizeClass.bytes / weight) * (storedBytes / unique),
      sampled.length === 0 ? 1 : 0,
    ),
    uniqueRatio: bytes === 0 ? 1 : uniqueBytes / bytes,
    bytesPerSecond: trial.busyMs === 0 ? 0 : bytes / (trial.busyMs / 1000),
  };
}

function shareOf(taken: { readonly bytes: number; readonly sizeClass: SizeClass }): number {
  return taken.bytes / taken.sizeClass.bytes;
}
