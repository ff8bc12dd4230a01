import { KiB, MiB } from "@holdfast/base";

/** Bytes between two pieces that are cheaper to read than to ask again for. */
const gapBytesMax = 256 * KiB;
const runBytesMax = 16 * MiB;

/**
 * Puts pieces of one pack together that are best read with one request each.
 * @param pieces by ascending offset
 * @param bytesMax of one request; a longer piece has one of its own
 */
export function runsOf<Piece extends { readonly offset: number; readonly length: number }>(
  pieces: Iterable<Piece>,
  bytesMax = runBytesMax,
): Piece[][] {
  const runs: Piece[][] = [];
  let [start, end] = [0, 0];
  for (const piece of pieces) {
    const { offset, length } = piece;
    const run = runs.at(-1);
    if (run === undefined || offset - end > gapBytesMax || offset + length - start > bytesMax) {
      runs.push([piece]);
      start = offset;
    } else run.push(piece);
    end = offset + length;
  }
  return runs;
}
