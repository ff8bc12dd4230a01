import { digestBytes } from "../../filesystem/entries-digest.ts";

export const idBytes = 32;
export const wordBytes = 4;
/** The numbers of rows and of subdirectories. */
export const headWords = 2;

/** Where the parts of an image begin, and where it ends. */
export function layoutOf(rows: number, children: number) {
  const ids = headWords * wordBytes;
  const digests = ids + rows * idBytes;
  const below = digests + rows * digestBytes;
  const begins = below + rows * wordBytes;
  const childrenAt = begins + (rows + 1) * wordBytes;
  return { ids, digests, below, begins, children: childrenAt, end: childrenAt + children * idBytes };
}
