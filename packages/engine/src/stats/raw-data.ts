import { HoldfastError } from "@holdfast/base";
import type { BlobType } from "../blob.ts";
import { engineErrors } from "../errors.ts";
import type { BlobId, TreeId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { IdTable } from "../tables/id-table.ts";
import { eachNode } from "./each-node.ts";
import type { Stats, StatsOptions } from "./stats.ts";

/** Nonce and tag, which every stored blob has. @see restic-format section 3.3 */
const sealBytes = 32;

/** Every blob that the snapshots need, once, with the bytes it takes in its pack. */
export async function rawData(
  repository: Repository,
  roots: readonly TreeId[],
  options: StatsOptions,
  signal: AbortSignal | undefined,
): Promise<Stats> {
  const blobs = { tree: new IdTable(), data: new IdTable() };
  const onNode = ({ content = [] }: { content?: readonly BlobId[] | undefined }) => {
    for (const id of content) blobs.data.add(id);
  };
  await eachNode(repository, roots, blobs.tree, onNode, options, signal);

  let [totalBytes, uncompressedBytes, count] = [0, 0, 0];
  const compressed = { before: 0, after: 0 };
  const add = (type: BlobType, id: BlobId) => {
    const [place] = repository.places(type, id);
    if (place === undefined) {
      options.onFault([], new HoldfastError(engineErrors.blobMissing, `No index names the ${type} blob ${id}.`));
      return;
    }
    const before = place.uncompressedLength === 0 ? place.length : place.uncompressedLength + sealBytes;
    totalBytes += place.length;
    uncompressedBytes += before;
    count += 1;
    if (place.uncompressedLength === 0) return;
    compressed.before += before;
    compressed.after += place.length;
  };
  for (const type of ["tree", "data"] as const) {
    for (let number = 0; number < blobs[type].size; number += 1) add(type, blobs[type].at(number));
  }
  const compression = {
    uncompressedBytes,
    ratio: compressed.after === 0 ? 0 : compressed.before / compressed.after,
    progressPercent: uncompressedBytes === 0 ? 0 : (compressed.before / uncompressedBytes) * 100,
    spaceSavingPercent: uncompressedBytes === 0 ? 0 : (1 - totalBytes / uncompressedBytes) * 100,
  };
  return { totalBytes, files: 0, blobs: count, compression: repository.version === 1 ? undefined : compression };
}
