import { MiB } from "@holdfast/base";
import type { PackId } from "../id.ts";
import type { PackedBlob } from "../pack/pack-header.ts";
import { readStretch } from "../pack-reads/read-stretch.ts";
import { runsOf } from "../pack-reads/runs.ts";
import { eachPlace } from "../repository/each-place.ts";
import { inParallel } from "../repository/in-parallel.ts";
import type { Repository } from "../repository/repository.ts";
import type { CheckThreads } from "./check-threads.ts";
import { treeJobWords } from "./sound-trees.ts";
import { TreeFacts } from "./tree-facts.ts";

/** What is read with one request and looked at as one job: enough jobs for all threads, each worth its message. */
const jobBytesMax = MiB;
/** A thread takes as long to start as this to look at. */
const inlineBytes = MiB / 2;

/** Listings of one pack that are read together. */
interface TreeRun {
  readonly pack: PackId;
  readonly trees: readonly PackedBlob[];
}

/**
 * Has every listing in the index looked at, in the order they lie in and in threads. Nothing is a fault here: what
 * cannot be read, or is not sound, is left out.
 * @throws what reading throws when it is no damage
 */
export async function readTrees(
  repository: Repository,
  threads: CheckThreads,
  signal: AbortSignal | undefined,
): Promise<TreeFacts> {
  const index = repository.wholeIndex;
  const facts = new TreeFacts(index.blobCount("tree"));
  const known = repository.knownBlobs.handle;
  let bytesRead = 0;
  const readsMax = Math.max(threads.count + 1, repository.storage.properties.connectionsMax);
  await inParallel(treeRuns(repository), readsMax, async ({ pack, trees }) => {
    signal?.throwIfAborted();
    const begin = trees[0]!.offset;
    const end = trees.at(-1)!.offset + trees.at(-1)!.length;
    const stretch = { packId: pack, offset: begin, length: end - begin, cache: "keep" } as const;
    const bytes = await readStretch(repository, stretch, signal);
    if (bytes === undefined) return;
    const words = new Uint32Array(trees.length * treeJobWords);
    for (const [position, { id, offset, length, uncompressedLength }] of trees.entries())
      words.set([index.blobNumber("tree", id), offset - begin, length, uncompressedLength], position * treeJobWords);
    bytesRead += bytes.byteLength;
    const job = { known, trees: words, bytes };
    const isSmall = threads.count === 0 || bytesRead <= inlineBytes;
    facts.add(isSmall ? threads.lookHere(job) : await threads.lookAt(job));
  });
  return facts;
}

function* treeRuns(repository: Repository): Generator<TreeRun> {
  const index = repository.wholeIndex;
  const holdsTrees = new Uint8Array(index.packCount);
  eachPlace(index, "tree", ({ pack }) => (holdsTrees[pack] = 1));
  for (const { id, blobs } of index.packs((pack) => holdsTrees[pack] === 1)) {
    for (const run of runsOf(apart(blobs), jobBytesMax)) yield { pack: id, trees: run };
  }
}

/** Without those that overlap: an index that lets many share their bytes would have each proven over and over. */
function* apart(blobs: readonly PackedBlob[]): Generator<PackedBlob> {
  let end = 0;
  for (const blob of blobs) {
    if (blob.type !== "tree" || blob.offset < end) continue;
    end = blob.offset + blob.length;
    yield blob;
  }
}
