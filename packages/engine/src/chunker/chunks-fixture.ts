import { concatBytes } from "@holdfast/base";
import { Chunker } from "./chunker.ts";
import type { Polynomial } from "./polynomial.ts";

/**
 * Cuts a file where its content says so, so that an insertion moves one chunk and not all that follow.
 * The same bytes and polynomial give the same cuts however the reads are sized.
 *
 * @param bytes the file in order; a piece may have any length, and is used only until the next one is asked for
 * @param polynomial irreducible; one per repository, from its config
 * @yields arrays of their own, 512 KiB to 8 MiB, about 1.5 MiB on average; only the last may be shorter; none for
 *   an empty file
 * @throws whatever reading `bytes` throws, unchanged; never a partial chunk before it
 * @see restic design.rst "Backups and Deduplication"
 */
export async function* chunks(
  bytes: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  polynomial: Polynomial,
): AsyncGenerator<Uint8Array> {
  const chunker = new Chunker(polynomial);
  let begun: Uint8Array[] = [];
  for await (const piece of bytes) {
    let start = 0;
    for (const cut of chunker.feed(piece)) {
      yield concatBytes([...begun, piece.subarray(start, cut)]);
      begun = [];
      start = cut;
    }
    if (start < piece.byteLength) begun.push(new Uint8Array(piece.subarray(start))); // a Buffer's slice() would not copy
  }
  if (begun.length > 0) yield concatBytes(begun);
}
