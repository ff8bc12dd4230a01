import { HoldfastError, MiB, assert } from "@holdfast/base";
import type { BlobType } from "../blob.ts";
import { engineErrors } from "../errors.ts";
import type { BlobId, TreeId } from "../id.ts";
import { BlobFetcher } from "../pack-reads/blob-fetcher.ts";
import { IdTable } from "../tables/id-table.ts";
import { ConcurrencyLimit } from "../repository/concurrency-limit.ts";
import type { Repository } from "../repository/repository.ts";
import { eachTree } from "../tree/each-tree.ts";
import { displayPath } from "../tree/name-quoting.ts";
import { treeNodes } from "../tree/tree-reader.ts";

/** Data is fetched in portions of this size: large requests, and no more memory than that. */
const portionBytes = 32 * MiB;

/** Copies trees with all that they need, each blob at most once. Blobs are proven on the way. */
export class Copier {
  /** What the destination did not have; bytes before compression. */
  blobs = 0;
  bytes = 0;
  readonly #from: Repository;
  readonly #to: Repository;
  readonly #onBlob: () => void;
  readonly #signal: AbortSignal;
  readonly #fetcher: BlobFetcher;
  readonly #portions = new ConcurrencyLimit(1);
  /** Trees that were met, all complete in the destination when no copy is under way. */
  #seen = new IdTable();
  /** Data that was met and is not in the destination yet. */
  #missing = new Set<BlobId>();
  #missingBytes = 0;

  constructor(from: Repository, to: Repository, onBlob: () => void, signal: AbortSignal) {
    this.#from = from;
    this.#to = to;
    this.#onBlob = onBlob;
    this.#signal = signal;
    this.#fetcher = new BlobFetcher(from);
  }

  /**
   * A tree that the destination has is walked all the same: an interrupted copy may have left it without its files.
   * @throws ENGINE_BLOB_MISSING, ENGINE_PACK_DAMAGED, ENGINE_TREE_DAMAGED of the source
   */
  async copyTree(root: TreeId): Promise<void> {
    try {
      await eachTree([root], this.#seen, this.#from.storage.properties.connectionsMax, (tree) => this.#copyOne(tree));
      await this.#copyMissing();
    } catch (error) {
      this.#seen = new IdTable(); // what was met is not complete
      this.#missing = new Set();
      this.#missingBytes = 0;
      throw error;
    }
  }

  async #copyOne(tree: TreeId): Promise<TreeId[]> {
    this.#signal.throwIfAborted();
    const plain = await this.#from.loadBlob("tree", tree, this.#signal);
    const subtrees: TreeId[] = [];
    const refuse = (name: Buffer, fault: string) => {
      const message = `In directory listing ${tree}, ${displayPath([name])} ${fault}.`;
      throw new HoldfastError(engineErrors.treeDamaged, message); // what belongs to it would be left out unseen
    };
    for (const node of treeNodes(plain, ({ name, fault, isRefused }) => isRefused && refuse(name, fault))) {
      if (node.subtree !== undefined) subtrees.push(node.subtree);
      for (const id of node.content ?? []) {
        if (this.#to.has("data", id) || this.#missing.has(id)) continue;
        this.#missing.add(id);
        this.#missingBytes += this.#fetcher.plainBytes(id);
        if (this.#missingBytes >= portionBytes) await this.#copyMissing();
      }
    }
    await this.#save("tree", tree, plain);
    return subtrees;
  }

  async #copyMissing(): Promise<void> {
    const missing = this.#missing;
    this.#missing = new Set();
    this.#missingBytes = 0;
    await this.#portions.run(async () => {
      for (const [id, fetched] of await this.#fetcher.fetch(missing, this.#signal)) {
        if (fetched instanceof HoldfastError) throw fetched;
        await this.#save("data", id, fetched);
      }
    });
  }

  async #save(type: BlobType, id: BlobId, plain: Uint8Array): Promise<void> {
    const saved = await this.#to.saveBlob(type, plain, this.#signal);
    assert(saved.id === id, "a blob that was proven has its id everywhere");
    if (!saved.isNew) return;
    this.blobs += 1;
    this.bytes += plain.byteLength;
    this.#onBlob();
  }
}
