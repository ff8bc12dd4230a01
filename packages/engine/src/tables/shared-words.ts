/** Growing adds this part of what is there, so that little lies unused; pages nobody wrote to take no memory. */
const growthDivisor = 16;
const growthMin = 1 << 12;
const reservationMin = 1 << 20;

/**
 * Zeroed 32-bit words that every thread sees at the same place and that grow without moving: a growable
 * SharedArrayBuffer, whose addresses are reserved once. Each thread looks at it through a view of fixed length and
 * takes a longer one when it needs to, because a view that follows the buffer's length by itself is some twenty
 * times slower to read.
 */
export class SharedWords {
  /** To hand to another thread. */
  readonly buffer: SharedArrayBuffer;
  #view: Int32Array;

  constructor(buffer: SharedArrayBuffer) {
    this.buffer = buffer;
    this.#view = viewOf(buffer);
  }

  /** @param wordsMax what it may grow to: addresses that are reserved, not memory that is taken */
  static create(wordsMax: number): SharedWords {
    return new SharedWords(reserve(wordsMax * 4));
  }

  /** The words, at least as many as `count` when so many were made before. Ask again rather than keep it. */
  upTo(count: number): Int32Array {
    if (count > this.#view.length) this.#view = viewOf(this.buffer);
    return this.#view;
  }

  /** The first `count` words as bytes, to be written to a file or filled from one. */
  bytes(count: number): Uint8Array {
    return new Uint8Array(this.buffer, 0, count * 4);
  }

  /** Makes sure that there are `count` words. Any thread may, at any time. @throws RangeError beyond all bounds */
  ensure(count: number): void {
    if (count <= this.#view.length) return;
    const words = Math.max(count, growthMin, this.#view.length + Math.floor(this.#view.length / growthDivisor));
    try {
      this.buffer.grow(Math.max(count * 4, Math.min(words * 4, this.buffer.maxByteLength)));
    } catch (error) {
      if (this.buffer.byteLength < count * 4) throw error; // else another thread made it even larger
    }
    this.#view = viewOf(this.buffer);
  }
}

function viewOf(buffer: SharedArrayBuffer): Int32Array {
  return new Int32Array(buffer, 0, Math.floor(buffer.byteLength / 4));
}

/** Where the system limits a process's addresses (ulimit -v), far fewer, so that some are left. */
function reserve(bytesMax: number): SharedArrayBuffer {
  try {
    return new SharedArrayBuffer(0, { maxByteLength: bytesMax });
  } catch (error) {
    if (!(error instanceof RangeError) || bytesMax < reservationMin) throw error;
    return reserve(Math.floor(bytesMax / 64));
  }
}
