import { compareBytes } from "@holdfast/base";
import type { TreeId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import type { TreeNode } from "../tree/node.ts";
import { treeNodes } from "../tree/tree-reader.ts";

/**
 * One directory as the parent snapshot has it, walked beside the same directory of the source. Only for finding out
 * what need not be read again, so whatever is odd about it merely costs reading.
 */
export class ParentDirectory {
  readonly #nodes: Iterator<TreeNode>;
  #next: TreeNode | undefined;

  private constructor(nodes: Iterator<TreeNode>) {
    this.#nodes = nodes;
    this.#next = nodes.next().value;
  }

  /** For a directory that the parent does not have. */
  static readonly none = (): ParentDirectory => new ParentDirectory([][Symbol.iterator]());

  /** @throws ENGINE_BLOB_MISSING, ENGINE_PACK_DAMAGED, ENGINE_TREE_DAMAGED */
  static async load(repository: Repository, tree: TreeId, signal: AbortSignal): Promise<ParentDirectory> {
    const bytes = await repository.loadBlob("tree", tree, signal);
    return new ParentDirectory(treeNodes(bytes, () => {}));
  }

  /** The entry of this name. Names are asked for in ascending order. */
  find(name: Buffer): TreeNode | undefined {
    while (this.#next !== undefined) {
      const order = compareBytes(this.#next.name, name);
      if (order > 0) return undefined;
      const candidate = this.#next;
      this.#next = this.#nodes.next().value;
      if (order === 0) return candidate;
    }
    return undefined;
  }
}
