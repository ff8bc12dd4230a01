import { HoldfastError } from "@holdfast/base";
import { isDamage } from "../damage.ts";
import { engineErrors } from "../errors.ts";
import type { TreeId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import type { IdTable } from "../tables/id-table.ts";
import { eachTree } from "../tree/each-tree.ts";
import { displayPath } from "../tree/name-quoting.ts";
import type { TreeNode } from "../tree/node.ts";
import { treeNodes, type TreeProblem } from "../tree/tree-reader.ts";
import type { StatsOptions } from "./stats.ts";

/**
 * Visits the nodes of each tree once, several trees at a time and in no order of theirs. Damage costs what it hit and is told.
 * @param seen numbers the trees as they are met
 */
export async function eachNode(
  repository: Repository,
  roots: readonly TreeId[],
  seen: IdTable,
  visit: (node: TreeNode, tree: TreeId) => void,
  options: StatsOptions,
  signal: AbortSignal | undefined,
): Promise<void> {
  await eachTree(roots, seen, repository.storage.properties.connectionsMax, async (tree) => {
    signal?.throwIfAborted();
    const subtrees: TreeId[] = [];
    try {
      const nodes = treeNodes(await repository.loadBlob("tree", tree, signal), (problem) => tell(problem, options));
      for (const node of nodes) {
        visit(node, tree);
        if (node.subtree !== undefined) subtrees.push(node.subtree);
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
      options.onFault([], error);
    }
    return subtrees;
  });
}

function tell({ name, fault, isRefused }: TreeProblem, options: StatsOptions): void {
  if (!isRefused) return;
  const path = [name];
  options.onFault(
    path,
    new HoldfastError(engineErrors.entryRefused, `${displayPath(path)} ${fault}; it was left out.`),
  );
}
