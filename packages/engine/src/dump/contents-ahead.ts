import { HoldfastError, MiB } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import type { BlobId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { displayPath } from "../tree/name-quoting.ts";
import type { Names } from "../restore/walk-tree.ts";
import type { TreeNode } from "../tree/node.ts";
import type { ArchiveEntry } from "./archive-entry.ts";

const entriesMax = 64;
const bytesMax = 32 * MiB;
const blobsMax = 32;

interface Upcoming {
  readonly names: Names;
  readonly node: TreeNode;
  readonly blobs: readonly { readonly id: BlobId; readonly bytes: number }[];
  readonly loading: Promise<Uint8Array>[];
  started: number;
}

/**
 * Gives each entry its content, while the chunks of those that come next are on their way: small files do not wait for
 * the storage one by one, and memory stays within a few chunks however large the whole is.
 */
export class ContentsAhead {
  readonly #repository: Repository;
  readonly #signal: AbortSignal | undefined;
  readonly #upcoming: Upcoming[] = [];
  #bytes = 0;
  #blobs = 0;

  constructor(repository: Repository, signal?: AbortSignal) {
    this.#repository = repository;
    this.#signal = signal;
  }

  /** @throws ENGINE_BLOB_MISSING before an entry of which a chunk is in no index, so that no archive is cut in it */
  async *entries(source: AsyncIterable<{ names: Names; node: TreeNode }>): AsyncGenerator<ArchiveEntry> {
    const iterator = source[Symbol.asyncIterator]();
    let isDone = false;
    for (;;) {
      while (!isDone && this.#upcoming.length < entriesMax && this.#bytes < bytesMax) {
        const next = await iterator.next();
        if (next.done === true) isDone = true;
        else this.#upcoming.push(this.#upcomingOf(next.value));
        this.#start();
      }
      const [current] = this.#upcoming;
      if (current === undefined) return;
      const { names, node } = current;
      const sizeBytes = current.blobs.reduce((total, { bytes }) => total + bytes, 0);
      yield { names, node, sizeBytes, content: () => this.#content(current) };
      this.#upcoming.shift();
      for (const { bytes } of current.blobs.slice(current.started - current.loading.length, current.started)) {
        this.#settle(bytes); // nobody asked for the rest
      }
    }
  }

  async *#content(current: Upcoming): AsyncGenerator<Uint8Array> {
    for (const { bytes } of current.blobs) {
      if (current.loading.length === 0) this.#load(current);
      const chunk = await current.loading.shift()!;
      this.#settle(bytes);
      this.#start();
      yield chunk;
    }
  }

  #upcomingOf({ names, node }: { names: Names; node: TreeNode }): Upcoming {
    const content = node.type === "file" ? (node.content ?? []) : [];
    const blobs = content.map((id) => {
      const bytes = this.#repository.plainLength("data", id);
      if (bytes !== undefined) return { id, bytes };
      throw new HoldfastError(engineErrors.blobMissing, `${displayPath(names)} needs the blob ${id}, which is gone.`);
    });
    return { names, node, blobs, loading: [], started: 0 };
  }

  /** Asks for chunks in the order in which they will be wanted, as far as there is room. */
  #start(): void {
    for (const upcoming of this.#upcoming) {
      while (upcoming.started < upcoming.blobs.length) {
        if (this.#bytes >= bytesMax || this.#blobs >= blobsMax) return;
        this.#load(upcoming);
      }
    }
  }

  #load(upcoming: Upcoming): void {
    const { id, bytes } = upcoming.blobs[upcoming.started]!;
    const loading = this.#repository.loadBlob("data", id, this.#signal);
    loading.catch(() => {}); // heard of when its turn comes; until then it is no stray rejection
    upcoming.loading.push(loading);
    upcoming.started += 1;
    this.#bytes += bytes;
    this.#blobs += 1;
  }

  #settle(bytes: number): void {
    this.#bytes -= bytes;
    this.#blobs -= 1;
  }
}
