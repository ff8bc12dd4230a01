import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import type { TreeId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { displayPath } from "../tree/name-quoting.ts";
import type { TreeNode } from "../tree/node.ts";
import { NodesAhead } from "../tree/nodes-ahead.ts";
import { tooDeep, treeDepthMax } from "../tree/tree-depth.ts";
import { treeNodes, type TreeProblem } from "../tree/tree-reader.ts";
import { TreesAhead } from "../tree/trees-ahead.ts";

/** Names from the top of the walk down to an entry, the entry's own last. */
export type Names = readonly Buffer[];

/** What a walk comes by: a directory before and after what is in it, and everything else once. */
export interface TreeStep {
  readonly kind: "enter" | "leave" | "entry";
  readonly names: Names;
  readonly node: TreeNode;
}

export interface WalkOptions {
  /** Whether to go into a directory; one that is not gone into gives no step at all. Default: all. */
  readonly enters?: (names: Names, node: TreeNode) => boolean;
  /** A directory that is not gone into is a step of the kind "entry". */
  readonly showsUnentered?: boolean;
  /** Whether a directory will probably be gone into, asked a little before: what is loaded ahead. Default: all, or none with `enters`. */
  readonly expects?: (names: Names, node: TreeNode) => boolean;
  /** Hears of each directory that cannot be read, with the error, and of each entry that is refused. */
  readonly onFault: (names: Names, error: HoldfastError) => void;
}

interface Level {
  readonly nodes: NodesAhead;
  readonly names: Names;
  readonly node: TreeNode | undefined;
}

/**
 * Everything below a tree, depth first, in the order of the trees. Damage hides nothing but what it hit.
 * @throws the signal's reason, and what the storage throws when it is not damage
 */
export async function* walkTree(
  repository: Repository,
  tree: TreeId,
  options: WalkOptions,
  signal?: AbortSignal,
): AsyncGenerator<TreeStep> {
  const { enters = () => true, expects = () => options.enters === undefined, onFault } = options;
  const trees = new TreesAhead(repository, signal);
  const open = async (subtree: TreeId, names: Names, node: TreeNode | undefined): Promise<Level> => {
    const nodes = await openTree(trees, subtree, names, onFault);
    return { nodes: new NodesAhead(nodes, trees, (child) => expects([...names, child.name], child)), names, node };
  };
  const levels = [await open(tree, [], undefined)];
  for (let level = levels.at(-1); level !== undefined; level = levels.at(-1)) {
    signal?.throwIfAborted();
    const node = level.nodes.next();
    if (node === undefined) {
      if (level.node !== undefined) yield { kind: "leave", names: level.names, node: level.node };
      levels.pop();
      continue;
    }
    const names = [...level.names, node.name];
    if (node.type !== "dir" || node.subtree === undefined) {
      yield { kind: "entry", names, node };
    } else if (names.length > treeDepthMax) {
      trees.drop(node.subtree);
      onFault(names, tooDeep(names));
    } else if (enters(names, node)) {
      yield { kind: "enter", names, node };
      levels.push(await open(node.subtree, names, node));
    } else {
      trees.drop(node.subtree);
      if (options.showsUnentered === true) yield { kind: "entry", names, node };
    }
  }
}

/** The nodes of a tree; none, and a fault, when it cannot be read. */
async function openTree(
  trees: TreesAhead,
  tree: TreeId,
  names: Names,
  onFault: WalkOptions["onFault"],
): Promise<Iterator<TreeNode>> {
  try {
    return await loadTree(trees, tree, (problem) => refuse(names, problem, onFault));
  } catch (error) {
    if (!(error instanceof HoldfastError && error.kind === "damaged")) throw error;
    onFault(names, error);
    return [][Symbol.iterator]();
  }
}

function refuse(names: Names, problem: TreeProblem, onFault: WalkOptions["onFault"]): void {
  if (!problem.isRefused) return;
  const path = [...names, problem.name];
  onFault(
    path,
    new HoldfastError(engineErrors.entryRefused, `${displayPath(path)} ${problem.fault}; it was left out.`),
  );
}

/**
 * The nodes of one tree.
 * @throws ENGINE_BLOB_MISSING, ENGINE_PACK_DAMAGED, ENGINE_TREE_DAMAGED before the first node
 */
async function loadTree(
  trees: TreesAhead,
  tree: TreeId,
  onProblem: (problem: TreeProblem) => void,
): Promise<Iterator<TreeNode>> {
  const nodes = treeNodes(await trees.take(tree), onProblem);
  const first = nodes.next(); // a tree that is none is found out here, not while somebody iterates
  return first.done === true ? [][Symbol.iterator]() : prepended(first.value, nodes);
}

function* prepended(first: TreeNode, rest: Iterable<TreeNode>): Generator<TreeNode> {
  yield first;
  yield* rest;
}

/**
 * The entries of one directory of a snapshot, for browsing. Entries that are unsafe to use are left out.
 * @param names the way from the snapshot's top; empty for the top itself
 * @throws ENGINE_PATH_MISSING, and what loading the trees throws
 */
export async function listDirectory(
  repository: Repository,
  root: TreeId,
  names: Names,
  signal?: AbortSignal,
): Promise<TreeNode[]> {
  const tree = await findTree(repository, root, names, signal);
  return [...treeNodes(await repository.loadBlob("tree", tree, signal), () => {})];
}

/** The tree of one directory of a snapshot. @throws as `listDirectory` */
export async function findTree(
  repository: Repository,
  root: TreeId,
  names: Names,
  signal?: AbortSignal,
): Promise<TreeId> {
  if (names.length === 0) return root;
  const { subtree } = await findNode(repository, root, names, signal);
  if (subtree === undefined) throw pathMissing(names, "is not a directory");
  return subtree;
}

/** One entry of a snapshot by its path. @throws ENGINE_PATH_MISSING, and what loading the trees throws */
export async function findNode(
  repository: Repository,
  root: TreeId,
  names: Names,
  signal?: AbortSignal,
): Promise<TreeNode> {
  let tree: TreeId | undefined = root;
  let found: TreeNode | undefined;
  for (const name of names) {
    if (tree === undefined) throw pathMissing(names, "does not exist in this snapshot");
    found = undefined;
    for (const node of treeNodes(await repository.loadBlob("tree", tree, signal), () => {})) {
      if (!node.name.equals(name)) continue;
      found = node;
      break;
    }
    if (found === undefined) throw pathMissing(names, "does not exist in this snapshot");
    tree = found.subtree;
  }
  if (found === undefined) throw pathMissing(names, "is the top of the snapshot, which is no entry");
  return found;
}

function pathMissing(names: Names, why: string): HoldfastError {
  return new HoldfastError(engineErrors.pathMissing, `${displayPath(names)} ${why}.`);
}
