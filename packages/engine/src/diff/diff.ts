import { compareBytes, HoldfastError } from "@holdfast/base";
import type { BlobType } from "../blob.ts";
import { isDamage } from "../damage.ts";
import { engineErrors } from "../errors.ts";
import type { BlobId, TreeId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import type { Names } from "../restore/walk-tree.ts";
import { IdTable } from "../tables/id-table.ts";
import { eachTree } from "../tree/each-tree.ts";
import { displayPath } from "../tree/name-quoting.ts";
import type { TreeNode } from "../tree/node.ts";
import { NodesAhead } from "../tree/nodes-ahead.ts";
import { isSameBesideContent, isSameContent } from "../tree/same-node.ts";
import { tooDeep, treeDepthMax } from "../tree/tree-depth.ts";
import { treeNodes, type TreeProblem } from "../tree/tree-reader.ts";
import { TreesAhead } from "../tree/trees-ahead.ts";
import { BlobSides, type BlobTotals } from "./blob-sides.ts";

/** One path that is not the same on both sides. */
export interface Change {
  readonly names: Names;
  readonly isDirectory: boolean;
  /**
   * "+" only in the second, "-" only in the first; or one or more of: "T" another type, "M" other content,
   * "?" other content although all else is the same, which is how rot looks, "U" other metadata.
   */
  readonly modifier: string;
}

export interface SideTotals extends BlobTotals {
  readonly files: number;
  readonly dirs: number;
  readonly others: number;
}

export interface DiffResult {
  readonly changedFiles: number;
  /** What only the second has. */
  readonly added: SideTotals;
  /** What only the first has. */
  readonly removed: SideTotals;
}

export interface DiffOptions {
  /** Also tells of entries of which only metadata changed. */
  readonly showsMetadata?: boolean;
  readonly onChange: (change: Change) => void;
  /** Hears of what could not be compared because it is damaged; the rest is compared all the same. */
  readonly onFault: (names: Names, error: HoldfastError) => void;
}

type Counts = { files: number; dirs: number; others: number };

/**
 * Compares two trees. Directories that both have are not compared further; they are read, each once and several at a
 * time, only to find out which blobs are new or gone.
 * @throws ENGINE_BLOB_MISSING, ENGINE_PACK_DAMAGED, ENGINE_TREE_DAMAGED when one of the two cannot be read at all
 */
export async function diffTrees(
  repository: Repository,
  before: TreeId,
  after: TreeId,
  options: DiffOptions,
  signal?: AbortSignal,
): Promise<DiffResult> {
  const comparison = new TreeComparison(repository, options, signal);
  return comparison.run(before, after);
}

class TreeComparison {
  readonly #repository: Repository;
  readonly #options: DiffOptions;
  readonly #signal: AbortSignal | undefined;
  readonly #trees: TreesAhead;
  readonly #sides = new BlobSides();
  readonly #unchanged = new IdTable();
  readonly #added: Counts = { files: 0, dirs: 0, others: 0 };
  readonly #removed: Counts = { files: 0, dirs: 0, others: 0 };
  #changedFiles = 0;

  constructor(repository: Repository, options: DiffOptions, signal: AbortSignal | undefined) {
    this.#repository = repository;
    this.#options = options;
    this.#signal = signal;
    this.#trees = new TreesAhead(repository, signal);
  }

  async run(before: TreeId, after: TreeId): Promise<DiffResult> {
    this.#sides.add("tree", before, "before");
    this.#sides.add("tree", after, "after");
    await this.#compare(before, after, []);
    if (this.#sides.hasOneSided) await this.#markUnchanged();
    const unknown = (type: BlobType, id: BlobId) =>
      this.#options.onFault([], new HoldfastError(engineErrors.blobMissing, `No index names the ${type} blob ${id}.`));
    return {
      changedFiles: this.#changedFiles,
      added: { ...this.#added, ...this.#sides.totals("after", this.#repository, unknown) },
      removed: { ...this.#removed, ...this.#sides.totals("before", this.#repository, unknown) },
    };
  }

  async #compare(before: TreeId, after: TreeId, names: Names): Promise<void> {
    const [left, right] = await Promise.all([this.#load(before, names), this.#load(after, names)]);
    for (const [was, is] of pairs(left, right)) {
      this.#signal?.throwIfAborted();
      if (was !== undefined) this.#sides.addNode(was, "before");
      if (is !== undefined) this.#sides.addNode(is, "after");
      const at = [...names, (was ?? is)!.name];
      if (was === undefined) await this.#oneSided(is!, at, "after");
      else if (is === undefined) await this.#oneSided(was, at, "before");
      else await this.#bothSided(was, is, at);
    }
  }

  async #bothSided(was: TreeNode, is: TreeNode, names: Names): Promise<void> {
    const modifier = this.#modifierOf(was, is);
    if (modifier !== "") this.#options.onChange({ names, isDirectory: is.type === "dir", modifier });
    if (was.subtree === undefined || is.subtree === undefined) return;
    if (was.subtree === is.subtree) this.#unchanged.add(was.subtree);
    else await this.#inDirectory(names, () => this.#compare(was.subtree!, is.subtree!, names));
  }

  #modifierOf(was: TreeNode, is: TreeNode): string {
    const type = was.type === is.type ? "" : "T";
    if (was.type === "file" && is.type === "file" && !isSameContent(was, is)) {
      this.#changedFiles += 1;
      return isSameBesideContent(was, is) ? "M?" : "M";
    }
    const isUpdated = this.#options.showsMetadata === true && !(isSameBesideContent(was, is) && isSameContent(was, is));
    return isUpdated ? `${type}U` : type;
  }

  /** An entry that one side has alone, and everything below it. */
  async #oneSided(node: TreeNode, names: Names, side: "before" | "after"): Promise<void> {
    const counts = side === "after" ? this.#added : this.#removed;
    counts[node.type === "file" ? "files" : node.type === "dir" ? "dirs" : "others"] += 1;
    this.#options.onChange({ names, isDirectory: node.type === "dir", modifier: side === "after" ? "+" : "-" });
    if (node.subtree === undefined) return;
    const { subtree } = node;
    await this.#inDirectory(names, async () => {
      const nodes = (await this.#load(subtree, names))[Symbol.iterator]();
      const children = new NodesAhead(nodes, this.#trees, () => true);
      for (let child = children.next(); child !== undefined; child = children.next()) {
        this.#signal?.throwIfAborted();
        this.#sides.addNode(child, side);
        await this.#oneSided(child, [...names, child.name], side);
      }
    });
  }

  /** Damage below a directory does not end the comparison of the rest. */
  async #inDirectory(names: Names, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#options.onFault(names, error);
    }
  }

  async #load(tree: TreeId, names: Names): Promise<Iterable<TreeNode>> {
    if (names.length > treeDepthMax) throw tooDeep(names);
    const onProblem = ({ name, fault, isRefused }: TreeProblem) => {
      if (!isRefused) return;
      const path = [...names, name];
      const message = `${displayPath(path)} ${fault}; it was left out.`;
      this.#options.onFault(path, new HoldfastError(engineErrors.entryRefused, message));
    };
    return treeNodes(await this.#trees.take(tree), onProblem);
  }

  async #markUnchanged(): Promise<void> {
    const roots = Array.from({ length: this.#unchanged.size }, (_, number) => this.#unchanged.at(number));
    const visitsMax = this.#repository.storage.properties.connectionsMax;
    await eachTree(roots, new IdTable(), visitsMax, async (tree) => {
      this.#signal?.throwIfAborted();
      const subtrees: TreeId[] = [];
      await this.#inDirectory([], async () => {
        for (const node of await this.#load(tree, [])) {
          for (const id of node.content ?? []) this.#sides.markCommon("data", id);
          if (node.subtree === undefined) continue;
          this.#sides.markCommon("tree", node.subtree);
          subtrees.push(node.subtree);
        }
      });
      return subtrees;
    });
  }
}

/** The nodes of two directories by name: both sides where both have one. Each side is in the order of the names. */
function* pairs(
  left: Iterable<TreeNode>,
  right: Iterable<TreeNode>,
): Generator<[TreeNode | undefined, TreeNode | undefined]> {
  const [lefts, rights] = [inOrder(left), inOrder(right)];
  let [l, r] = [lefts.next().value, rights.next().value];
  while (l !== undefined || r !== undefined) {
    const order = l === undefined ? 1 : r === undefined ? -1 : compareBytes(l.name, r.name);
    yield [order <= 0 ? l : undefined, order >= 0 ? r : undefined];
    if (order <= 0) l = lefts.next().value;
    if (order >= 0) r = rights.next().value;
  }
}

/** @throws ENGINE_TREE_DAMAGED at the first node that is out of order: two such directories cannot be held side by side */
function* inOrder(nodes: Iterable<TreeNode>): Generator<TreeNode, undefined> {
  let before: Buffer | undefined;
  for (const node of nodes) {
    if (before !== undefined && compareBytes(before, node.name) > 0) {
      throw new HoldfastError(engineErrors.treeDamaged, "A directory listing is not in order and cannot be compared.");
    }
    before = node.name;
    yield node;
  }
  return undefined;
}
