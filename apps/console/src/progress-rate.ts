import { secondMs } from "@holdfast/base";

/** What has been seen of a running run so far; carried from one progress message to the next. */
export interface ProgressRate {
  readonly atMs: number;
  readonly bytesDone: number;
  /** Undefined until two messages lie far enough apart. */
  readonly bytesPerSecond: number | undefined;
}

/** Older speed counts for less: after this long, a new speed has moved the shown one two thirds of the way. */
const settlingMs = 8 * secondMs;
/** Messages closer together than this say more about the network than about the work. */
const gapMsMin = 400;

/**
 * Takes one more look at how far a run is. A run that went backwards (a new attempt) starts afresh.
 * @param atMs when this was seen, on any clock that does not step
 */
export function nextRate(before: ProgressRate | undefined, atMs: number, bytesDone: number): ProgressRate {
  if (before === undefined || bytesDone < before.bytesDone) return { atMs, bytesDone, bytesPerSecond: undefined };
  const gapMs = atMs - before.atMs;
  if (gapMs < gapMsMin) return before;
  const seen = ((bytesDone - before.bytesDone) / gapMs) * secondMs;
  const weight = 1 - Math.exp(-gapMs / settlingMs);
  const held = before.bytesPerSecond;
  return { atMs, bytesDone, bytesPerSecond: held === undefined ? seen : held + (seen - held) * weight };
}

/** How long it may still take, or undefined when nothing honest can be said. */
export function remainingMs(rate: ProgressRate | undefined, totalBytes: number | undefined): number | undefined {
  if (rate?.bytesPerSecond === undefined || totalBytes === undefined) return undefined;
  const restBytes = totalBytes - rate.bytesDone;
  if (restBytes <= 0) return 0;
  return rate.bytesPerSecond > 0 ? (restBytes / rate.bytesPerSecond) * secondMs : undefined;
}

/** How far a run is, as far as that is known. */
export type ProgressShare = number | "counting" | "past the estimate" | "finishing";

interface Counts {
  readonly filesDone: number;
  readonly bytesDone: number;
  readonly totalFiles?: number | undefined;
  readonly totalBytes?: number | undefined;
}

/**
 * The share of the bytes that are done, below 1, or the words for why there is none. Totals are estimates until the
 * end: the agent knows them from the snapshot before, and what has grown since then goes past them.
 */
export function progressShare({ filesDone, bytesDone, totalFiles, totalBytes }: Counts): ProgressShare {
  if (totalBytes === undefined) return "counting";
  if (bytesDone < totalBytes) return bytesDone / totalBytes;
  return totalFiles !== undefined && filesDone < totalFiles ? "past the estimate" : "finishing";
}
