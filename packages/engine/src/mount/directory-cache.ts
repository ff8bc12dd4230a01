import { MiB } from "@holdfast/base";
import type { TreeId } from "../id.ts";
import type { TreeNode } from "../tree/node.ts";
import { treeNodes } from "../tree/tree-reader.ts";
import type { BlobCache } from "./blob-cache.ts";

const keptNodesMax = 50_000;
/** Larger listings are read again for each question: their nodes would fill the memory. */
const keptTreeBytesMax = 16 * MiB;

/** Directories by their trees; those looked at last are kept with their nodes by name. */
export class DirectoryCache {
  readonly #blobs: BlobCache;
  readonly #kept = new Map<TreeId, ReadonlyMap<string, TreeNode>>();
  #keptNodes = 0;

  constructor(blobs: BlobCache) {
    this.#blobs = blobs;
  }

  /** The entries of a directory; those that are unsafe to use are left out. @throws ENGINE_TREE_DAMAGED … */
  async nodes(tree: TreeId): Promise<Iterable<TreeNode>> {
    const kept = this.#used(tree);
    if (kept !== undefined) return kept.values();
    const bytes = await this.#blobs.load("tree", tree);
    if (bytes.byteLength > keptTreeBytesMax) return treeNodes(bytes, () => {});
    return this.#keep(tree, bytes).values();
  }

  async node(tree: TreeId, name: Buffer): Promise<TreeNode | undefined> {
    const nodes = await this.nodes(tree);
    const kept = this.#kept.get(tree);
    if (kept !== undefined) return kept.get(name.toString("latin1"));
    for (const node of nodes) if (node.name.equals(name)) return node;
    return undefined;
  }

  #used(tree: TreeId): ReadonlyMap<string, TreeNode> | undefined {
    const kept = this.#kept.get(tree);
    if (kept === undefined) return undefined;
    this.#kept.delete(tree); // the latest used comes last
    this.#kept.set(tree, kept);
    return kept;
  }

  #keep(tree: TreeId, bytes: Uint8Array): ReadonlyMap<string, TreeNode> {
    const nodes = new Map<string, TreeNode>();
    for (const node of treeNodes(bytes, () => {})) nodes.set(node.name.toString("latin1"), node);
    if (!this.#kept.has(tree)) {
      this.#kept.set(tree, nodes);
      this.#keptNodes += nodes.size;
    }
    for (const [oldest, old] of this.#kept) {
      if (this.#keptNodes <= keptNodesMax || this.#kept.size === 1) break;
      this.#kept.delete(oldest);
      this.#keptNodes -= old.size;
    }
    return nodes;
  }
}
