import { isDamage } from "../damage.ts";
import type { PackId, TreeId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { IdTable } from "../tables/id-table.ts";
import { eachTree } from "../tree/each-tree.ts";
import { treeNodes } from "../tree/tree-reader.ts";

/** The packs that hold what some snapshots need. Listings that cannot be read lead no further; others find them. */
export async function usedPacks(
  repository: Repository,
  roots: readonly TreeId[],
  signal: AbortSignal | undefined,
): Promise<ReadonlySet<PackId>> {
  const used = new Set<PackId>();
  await eachTree(roots, new IdTable(), repository.storage.properties.connectionsMax, async (tree) => {
    signal?.throwIfAborted();
    for (const { packId } of repository.places("tree", tree)) used.add(packId);
    const subtrees: TreeId[] = [];
    try {
      for (const node of treeNodes(await repository.loadBlob("tree", tree, signal), () => {})) {
        if (node.subtree !== undefined) subtrees.push(node.subtree);
        for (const id of node.content ?? []) for (const { packId } of repository.places("data", id)) used.add(packId);
      }
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
    return subtrees;
  });
  return used;
}
