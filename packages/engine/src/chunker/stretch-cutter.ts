import { assert } from "@holdfast/base";
import { chunkBytesMax, chunkBytesMin } from "./chunker.ts";
import type { CutRun } from "./rabin.ts";

/**
 * Chooses the cuts of one file from the places where its stretches allow them, which several threads found at once: a
 * chunk ends at the first place that leaves it long enough, or at the greatest length. Gives the cuts that `Chunker` does.
 *
 * @see restic-format.md section 9.5
 */
export class StretchCutter {
  /** Where the present chunk begins, in the file. */
  #start = 0;
  /** Where the stretches so far end. */
  #end = 0;

  /** The offset in the file behind the last cut. */
  get start(): number {
    return this.#start;
  }

  /**
   * Takes the next stretch.
   * @param runs offsets in the file where a cut is allowed, ascending
   * @returns the cuts that are certain now, as offsets in the file
   */
  next(runs: readonly CutRun[], lengthBytes: number): number[] {
    this.#end += lengthBytes;
    const cuts: number[] = [];
    let index = 0;
    for (;;) {
      const [earliest, latest] = [this.#start + chunkBytesMin, this.#start + chunkBytesMax];
      while (index < runs.length && runs[index]!.to < earliest) index += 1;
      const run = runs[index];
      const allowed = run === undefined ? Number.POSITIVE_INFINITY : Math.max(run.from, earliest);
      const cut = Math.min(allowed, latest);
      if (cut > this.#end) return cuts;
      assert(cut > this.#start, "a chunk is not empty");
      cuts.push(cut);
      this.#start = cut;
    }
  }
}
