import { HoldfastError, MiB } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import type { BlobId } from "../id.ts";
import { BlobFetcher, type Fetched } from "../pack-reads/blob-fetcher.ts";
import type { Repository } from "../repository/repository.ts";
import type { Names } from "../restore/walk-tree.ts";
import { displayPath } from "../tree/name-quoting.ts";
import type { TreeNode } from "../tree/node.ts";
import type { ArchiveEntry } from "./archive-entry.ts";

const batchBytes = 8 * MiB;
/** So many chunks make a batch, however small they are. */
const batchBlobs = 256;
/** Batches on their way or here. */
const bytesMax = 24 * MiB;
/** How far ahead of the archive the snapshot is read. */
const entriesMax = 512;

/** Chunks that are fetched together. What was fetched is let go when all of it was taken. */
interface Batch {
  fetched: Promise<Map<BlobId, Fetched>> | undefined;
  bytes: number;
  left: number;
}

interface Upcoming {
  readonly names: Names;
  readonly node: TreeNode;
  readonly blobs: readonly { readonly id: BlobId; readonly bytes: number }[];
  /** The batch of each chunk that was asked for, in order. */
  readonly batches: Batch[];
  /** Chunks that were taken. */
  taken: number;
}

/**
 * Gives each entry its content, while the chunks of those that come next are fetched in few, large requests: small files
 * do not wait for the storage one by one, and memory stays within some batches however large the whole is.
 */
export class ContentsAhead {
  readonly #repository: Repository;
  readonly #signal: AbortSignal;
  readonly #fetcher: BlobFetcher;
  readonly #upcoming: Upcoming[] = [];
  #bytes = 0;
  /** Chunks that are known and were not asked for. */
  #waiting = { blobs: 0, bytes: 0 };

  constructor(repository: Repository, signal: AbortSignal = new AbortController().signal) {
    this.#repository = repository;
    this.#signal = signal;
    this.#fetcher = new BlobFetcher(repository);
  }

  /** @throws ENGINE_BLOB_MISSING before an entry of which a chunk is in no index, so that no archive is cut in it */
  async *entries(source: AsyncIterable<{ names: Names; node: TreeNode }>): AsyncGenerator<ArchiveEntry> {
    const iterator = source[Symbol.asyncIterator]();
    let isDone = false;
    for (;;) {
      while (!isDone && this.#upcoming.length < entriesMax && this.#waiting.bytes < batchBytes) {
        const next = await iterator.next();
        if (next.done === true) isDone = true;
        else this.#expect(next.value);
      }
      this.#start();
      const [current] = this.#upcoming;
      if (current === undefined) return;
      const { names, node, blobs } = current;
      const sizeBytes = blobs.reduce((total, { bytes }) => total + bytes, 0);
      yield { names, node, sizeBytes, content: () => this.#content(current) };
      this.#upcoming.shift();
      this.#drop(current);
    }
  }

  async *#content(current: Upcoming): AsyncGenerator<Uint8Array> {
    for (const [at, { id }] of current.blobs.entries()) {
      if (current.batches[at] === undefined) this.#startBatch();
      const batch = current.batches[at]!;
      const bytes = (await batch.fetched!).get(id);
      current.taken = at + 1;
      this.#release(batch);
      this.#start();
      if (bytes === undefined || bytes instanceof HoldfastError) throw bytes ?? missing(current.names, id);
      yield bytes;
    }
  }

  #expect({ names, node }: { names: Names; node: TreeNode }): void {
    const content = node.type === "file" ? (node.content ?? []) : [];
    const blobs = content.map((id) => {
      const bytes = this.#repository.plainLength("data", id);
      if (bytes === undefined) throw missing(names, id);
      this.#waiting.bytes += bytes;
      return { id, bytes };
    });
    this.#waiting.blobs += blobs.length;
    this.#upcoming.push({ names, node, blobs, batches: [], taken: 0 });
  }

  /** Asks for as many full batches as there is room for. One that is not full waits until it is, or is wanted. */
  #start(): void {
    while (this.#bytes < bytesMax) {
      if (this.#waiting.bytes < batchBytes && this.#waiting.blobs < batchBlobs) return;
      this.#startBatch();
    }
  }

  #startBatch(): void {
    const batch: Batch = { fetched: undefined, bytes: 0, left: 0 };
    const ids: BlobId[] = [];
    for (const { blobs, batches } of this.#upcoming) {
      for (let at = batches.length; at < blobs.length && batch.bytes < batchBytes; at += 1) {
        ids.push(blobs[at]!.id);
        batches.push(batch);
        batch.bytes += blobs[at]!.bytes;
      }
    }
    batch.left = ids.length;
    batch.fetched = this.#fetcher.fetch(ids, this.#signal);
    batch.fetched.catch(() => {}); // heard of when its turn comes; until then it is no stray rejection
    this.#bytes += batch.bytes;
    this.#waiting.bytes -= batch.bytes;
    this.#waiting.blobs -= ids.length;
  }

  #release(batch: Batch): void {
    batch.left -= 1;
    if (batch.left > 0) return;
    batch.fetched = undefined;
    this.#bytes -= batch.bytes;
  }

  /** Lets go of what nobody took of an entry. */
  #drop({ blobs, batches, taken }: Upcoming): void {
    for (const batch of batches.slice(taken)) this.#release(batch);
    for (const { bytes } of blobs.slice(batches.length)) {
      this.#waiting.bytes -= bytes;
      this.#waiting.blobs -= 1;
    }
  }
}

function missing(names: Names, id: BlobId): HoldfastError {
  return new HoldfastError(engineErrors.blobMissing, `${displayPath(names)} needs the blob ${id}, which is gone.`);
}
