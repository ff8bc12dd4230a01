import { KiB } from "@holdfast/base";
import { chunkBytesMax, Chunker } from "../chunker/chunker.ts";
import type { BlobId } from "../id.ts";
import type { SourceFile } from "./source.ts";

const readBytes = 512 * KiB;

/** What reading a file gave: its chunks in order, and how long it really was. */
export interface FileContent {
  readonly content: readonly BlobId[];
  readonly sizeBytes: number;
}

/**
 * Reads one file after the other and cuts each into chunks. Its buffer holds the largest chunk and one read, so memory
 * does not depend on the files; as many readers as there are files read at once.
 */
export class FileReader {
  readonly #buffer = Buffer.allocUnsafeSlow(chunkBytesMax + readBytes);
  readonly #chunker: Chunker;

  constructor(polynomial: bigint) {
    this.#chunker = new Chunker(polynomial);
  }

  /**
   * Reads to the end, also of a file that grows meanwhile.
   * @param save stores a chunk, which stays unchanged until it resolves
   * @throws what reading and `save` throw
   */
  async read(
    file: SourceFile,
    save: (chunk: Uint8Array) => Promise<BlobId>,
    onBytes: (bytes: number) => void,
  ): Promise<FileContent> {
    const content: BlobId[] = [];
    let sizeBytes = 0;
    let filled = 0;
    this.#chunker.reset();
    for (;;) {
      const length = await file.read(this.#buffer.subarray(filled, filled + readBytes));
      if (length === 0) break;
      sizeBytes += length;
      let start = 0;
      for (const cut of this.#chunker.feed(this.#buffer.subarray(filled, filled + length))) {
        content.push(await save(this.#buffer.subarray(start, filled + cut)));
        start = filled + cut;
      }
      if (start > 0) this.#buffer.copyWithin(0, start, filled + length);
      filled += length - start;
      onBytes(length);
    }
    if (filled > 0) content.push(await save(this.#buffer.subarray(0, filled)));
    return { content, sizeBytes };
  }
}
