import type { SourceFile } from "../source.ts";
import type { BlobId } from "../../id.ts";
import { nodeJson } from "../../tree/tree-writer.ts";
import type { FullPack } from "../../repository/blob-packer.ts";
import type { Lane, SavedBytes } from "./lane.ts";

/**
 * Reads a file to its end and stores its chunks.
 * @param before the parent snapshot's entry, as `canonicalJson` gives it
 * @returns its entry's text; undefined when it could not be read and is left out
 * @throws what storing throws; what reading throws is reported
 */
export function* readFile(
  lane: Lane,
  open: () => SourceFile,
  path: string,
  before: string | undefined,
): Generator<FullPack | undefined, string | undefined> {
  const startedMs = lane.clock.monotonicMs();
  const added: SavedBytes = { plainBytes: 0, storedBytes: 0 };
  const content: BlobId[] = [];
  let sizeBytes = 0;
  lane.tally.currentFile = path;
  let file: SourceFile | undefined;
  try {
    file = open();
    const chunks = lane.reader.chunks(file);
    for (;;) {
      const { value: chunk, done } = chunks.next();
      if (done === true) break;
      sizeBytes += chunk.byteLength;
      lane.tally.bytesRead(chunk.byteLength);
      try {
        content.push(yield* lane.save("data", chunk, added));
      } catch (error) {
        throw new NotTheFile(error);
      }
      yield undefined;
    }
    if (file.hasChanged()) lane.tally.changedWhileRead(path);
    const json = nodeJson({ ...file.node, size: BigInt(sizeBytes), content });
    const action = before === undefined ? "new" : before === json ? "unchanged" : "modified";
    lane.tally.file(action, sizeBytes);
    if (lane.settings.tellsItems) {
      const durationMs = lane.clock.monotonicMs() - startedMs;
      lane.tally.item({ path, isDirectory: false, action, durationMs, added });
    }
    return json;
  } catch (error) {
    if (error instanceof NotTheFile) throw error.cause;
    lane.fault(path, error);
    return undefined;
  } finally {
    lane.tally.currentFile = undefined;
    file?.close();
  }
}

/** Carries what storing threw past the handling of what reading throws. */
class NotTheFile extends Error {
  constructor(cause: unknown) {
    super("storing failed", { cause });
  }
}
