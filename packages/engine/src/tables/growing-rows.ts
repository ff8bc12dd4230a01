/** Rows in one segment: growing never copies what is there. */
const segmentRows = 1 << 14;

/**
 * Unsigned 32-bit numbers in rows of `width`, outside the JavaScript heap. Ten million blobs as objects would take
 * gigabytes and every garbage collection would visit them all; as columns they are a few typed arrays.
 */
export class GrowingRows {
  readonly #segments: Uint32Array[] = [];
  readonly #width: number;
  #rows = 0;

  constructor(width: number) {
    this.#width = width;
  }

  get rows(): number {
    return this.#rows;
  }

  /** Bytes of memory that they occupy. */
  get bytes(): number {
    return this.#segments.length * segmentRows * this.#width * 4;
  }

  /** Appends a row of zeros and says which one it is. */
  add(): number {
    if (this.#rows === this.#segments.length * segmentRows)
      this.#segments.push(new Uint32Array(segmentRows * this.#width));
    this.#rows += 1;
    return this.#rows - 1;
  }

  get(row: number, column: number): number {
    return this.#segments[Math.floor(row / segmentRows)]![(row % segmentRows) * this.#width + column]!;
  }

  set(row: number, column: number, value: number): void {
    this.#segments[Math.floor(row / segmentRows)]![(row % segmentRows) * this.#width + column] = value;
  }
}
