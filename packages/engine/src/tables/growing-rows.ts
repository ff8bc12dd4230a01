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

  /** Everything it holds, row after row. */
  *image(): Generator<Uint8Array> {
    for (const [number, segment] of this.#segments.entries()) {
      const rows = Math.min(segmentRows, this.#rows - number * segmentRows);
      yield new Uint8Array(segment.buffer, 0, rows * this.#width * 4);
    }
  }

  /** The rows of an image. @param fill puts the next bytes of it into an array */
  static async fromImage(
    width: number,
    rows: number,
    fill: (target: Uint8Array) => Promise<void>,
  ): Promise<GrowingRows> {
    const made = new GrowingRows(width);
    for (let row = 0; row < rows; row += segmentRows) {
      const segment = new Uint32Array(segmentRows * width);
      await fill(new Uint8Array(segment.buffer, 0, Math.min(segmentRows, rows - row) * width * 4));
      made.#segments.push(segment);
    }
    made.#rows = rows;
    return made;
  }

  get(row: number, column: number): number {
    return this.#segments[Math.floor(row / segmentRows)]![(row % segmentRows) * this.#width + column]!;
  }

  set(row: number, column: number, value: number): void {
    this.#segments[Math.floor(row / segmentRows)]![(row % segmentRows) * this.#width + column] = value;
  }
}
