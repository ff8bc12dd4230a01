import { KiB, MiB } from "@holdfast/base";
import { chunkBytesMax, Chunker } from "../chunker/chunker.ts";
import type { SourceFile } from "./source.ts";

const readBytes = MiB;
/** Below the least chunk: such a file is one chunk, and a small buffer stays in the processor's cache. */
const smallBytes = 256 * KiB;

/**
 * Reads one file after the other and cuts each into chunks. Its buffer holds the largest chunk and one read, so memory
 * does not depend on the files.
 */
export class FileReader {
  readonly #buffer = Buffer.from(new ArrayBuffer(chunkBytesMax + readBytes)); // costs nothing where nothing is written
  readonly #chunker: Chunker;

  constructor(polynomial: bigint) {
    this.#chunker = new Chunker(polynomial);
  }

  /**
   * The chunks of a file to its end, also of one that grows meanwhile. Each is valid until the next is asked for.
   * @throws what reading throws
   */
  *chunks(file: SourceFile): Generator<Uint8Array> {
    let filled = 0;
    let isFed = false;
    let fed = 0;
    for (;;) {
      const room = filled < smallBytes && !isFed ? smallBytes : readBytes;
      const length = file.read(this.#buffer.subarray(filled, filled + room));
      filled += length;
      if (length === 0) break;
      if (filled < smallBytes && !isFed) continue;
      if (!isFed) this.#chunker.reset();
      isFed = true;
      let start = 0;
      for (const cut of this.#chunker.feed(this.#buffer.subarray(fed, filled))) {
        yield this.#buffer.subarray(start, fed + cut);
        start = fed + cut;
      }
      if (start > 0) this.#buffer.copyWithin(0, start, filled);
      filled -= start;
      fed = filled;
    }
    if (filled > 0) yield this.#buffer.subarray(0, filled);
  }
}
