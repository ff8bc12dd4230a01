import { concatBytes, KiB } from "@holdfast/base";

const gatheredBytes = 256 * KiB;

/** The same bytes in fewer pieces: headers and small files are written together, large chunks as they are. */
export async function* gathered(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    bytes += piece.byteLength;
    if (bytes < gatheredBytes) continue;
    yield waiting.length === 1 ? piece : concatBytes(waiting);
    waiting = [];
    bytes = 0;
  }
  if (bytes > 0) yield concatBytes(waiting);
}
