import { compareBytes } from "@holdfast/base";
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

  /** @param tree the bytes of its listing @throws ENGINE_TREE_DAMAGED */
  static of(tree: Uint8Array): ParentDirectory {
    return new ParentDirectory(treeNodes(tree, () => {}));
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
