import { HoldfastError, messageOf } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { idFromBytes, shortId } from "../id.ts";
import { inParallel } from "../repository/in-parallel.ts";
import type { Repository } from "../repository/repository.ts";
import type { StoredSnapshot } from "../snapshot/snapshot.ts";
import { eachTree } from "../tree/each-tree.ts";
import { JsonFault } from "../json/json-scanner.ts";
import { eachReference } from "../tree/tree-references.ts";
import type { BlobMarks } from "./blob-marks.ts";
import { UsedTrees } from "./used-trees.ts";

/** Snapshots followed at once: the path down to what changed in one is a chain of waits. */
const snapshotsAtOnce = 4;

/**
 * Marks everything that the snapshots need. Trees that are marked already are not read again.
 * @param onTree hears of each tree that was read
 * @throws ENGINE_PRUNE_REFUSED naming the snapshot when something it needs is not indexed, or a tree cannot be read
 */
export async function markUsed(
  repository: Repository,
  snapshots: readonly StoredSnapshot[],
  marks: BlobMarks,
  onTree: () => void,
  signal?: AbortSignal,
): Promise<void> {
  const index = repository.wholeIndex;
  const trees = new UsedTrees(repository, signal);
  const seen = {
    size: 0,
    add(tree: number): number {
      if (!marks.mark("tree", tree)) return -1;
      this.size += 1;
      return this.size - 1;
    },
  };
  const markTree = async (tree: number): Promise<number[]> => {
    signal?.throwIfAborted();
    const plain = await trees.load(tree);
    const subtrees: number[] = [];
    eachReference(plain, {
      data: (id) => {
        const blob = index.blobNumberOf("data", id);
        if (blob < 0) throw missing("data", id);
        marks.mark("data", blob);
      },
      subtree: (id) => {
        const subtree = index.blobNumberOf("tree", id);
        if (subtree < 0) throw missing("tree", id);
        subtrees.push(subtree);
      },
    });
    onTree();
    return subtrees;
  };
  const visitsMax = repository.storage.properties.connectionsMax;
  await inParallel(snapshots, snapshotsAtOnce, async (snapshot) => {
    try {
      const root = index.blobNumber("tree", snapshot.tree);
      if (root < 0) throw missing("tree", Buffer.from(snapshot.tree, "hex"));
      await eachTree([root], seen, visitsMax, markTree);
    } catch (error) {
      const isDamage = error instanceof JsonFault || (error instanceof HoldfastError && error.kind === "damaged");
      if (!isDamage) throw error;
      throw new HoldfastError(
        engineErrors.pruneRefused,
        `Snapshot ${shortId(snapshot.id)} is damaged, so nothing was removed: ${messageOf(error)}`,
        { cause: error, internal: `snapshot ${snapshot.id}` },
      );
    }
  });
}

function missing(type: string, id: Uint8Array): HoldfastError {
  return new HoldfastError(engineErrors.blobMissing, `${type} blob ${idFromBytes(id)} is in no index.`);
}
