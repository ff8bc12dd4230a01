import { KiB, MiB, type Random } from "@holdfast/base";

/** A place to take a sample from: a file that was seen, and which part of it. Bytes. */
export interface SamplePlace {
  /** Where the file is, absolute, as bytes. */
  readonly path: Buffer;
  readonly offset: number;
  readonly length: number;
}

/** Upper ends of the classes, exclusive; what is larger forms the last one. */
const classEndsBytes = [16 * KiB, 256 * KiB, 4 * MiB, 64 * MiB];
const placesMax = 400;
/** Of a larger file one stretch of this length is read, somewhere in it. */
const stretchBytesMax = 8 * MiB;

/** Files of similar size: how much there is of them, and some of them picked at random. */
export interface SizeClass {
  bytes: number;
  readonly places: SamplePlace[];
}

/**
 * Sorts files into classes by size and keeps a fair choice of each, however many come: photographs are not judged by
 * configuration files because there are more of those.
 */
export class SizeClasses {
  readonly #random: Random;
  readonly #classes: (SizeClass & { files: number })[];

  constructor(random: Random) {
    this.#random = random;
    this.#classes = [...classEndsBytes, Number.POSITIVE_INFINITY].map(() => ({ files: 0, bytes: 0, places: [] }));
  }

  get classes(): readonly SizeClass[] {
    return this.#classes;
  }

  /** @param path called when the file is chosen */
  add(sizeBytes: number, path: () => Buffer): void {
    if (sizeBytes === 0) return;
    const ordinal = classEndsBytes.findIndex((end) => sizeBytes < end);
    const found = this.#classes.at(ordinal)!; // -1, the last, when none is large enough
    found.files += 1;
    found.bytes += sizeBytes;
    // Algorithm R: each file of the class is kept with the same probability.
    const at = found.files <= placesMax ? found.places.length : this.#below(found.files);
    if (at >= placesMax) return;
    const length = Math.min(sizeBytes, stretchBytesMax);
    found.places[at] = { path: path(), offset: this.#below(sizeBytes - length + 1), length };
  }

  /** A number from 0 up to but not including `end`, even enough for choosing samples. */
  #below(end: number): number {
    const bytes = Buffer.from(this.#random.bytes(8));
    return Math.floor((Number(bytes.readBigUInt64LE() >> 11n) / 2 ** 53) * end);
  }
}
