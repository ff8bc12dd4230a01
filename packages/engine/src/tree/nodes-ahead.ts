import type { TreeNode } from "./node.ts";
import type { TreesAhead } from "./trees-ahead.ts";

/** How far a directory is read ahead of the walk: enough to find the next subdirectories, little enough to hold. */
const nodesMax = 256;
/** Subdirectories of one directory that may be under way; those further down need room as well. */
const treesMax = 6;

/** The nodes of a directory one after the other, while the subdirectories that come next are loaded already. */
export class NodesAhead {
  readonly #nodes: Iterator<TreeNode>;
  readonly #trees: TreesAhead;
  readonly #expects: (node: TreeNode) => boolean;
  readonly #queue: { readonly node: TreeNode; readonly isExpected: boolean }[] = [];
  #expected = 0;
  #isDone = false;

  /** @param expects whether the walk will probably go into a directory */
  constructor(nodes: Iterator<TreeNode>, trees: TreesAhead, expects: (node: TreeNode) => boolean) {
    this.#nodes = nodes;
    this.#trees = trees;
    this.#expects = expects;
  }

  next(): TreeNode | undefined {
    while (!this.#isDone && this.#queue.length < nodesMax && this.#expected < treesMax) this.#readOne();
    const first = this.#queue.shift();
    if (first?.isExpected) this.#expected -= 1;
    return first?.node;
  }

  #readOne(): void {
    const read = this.#nodes.next();
    if (read.done === true) {
      this.#isDone = true;
      return;
    }
    const node = read.value;
    const isExpected = node.subtree !== undefined && this.#expects(node) && this.#trees.expect(node.subtree);
    if (isExpected) this.#expected += 1;
    this.#queue.push({ node, isExpected });
  }
}
