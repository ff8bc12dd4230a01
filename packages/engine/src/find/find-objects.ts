import type { HoldfastError } from "@holdfast/base";
import type { BlobType } from "../blob.ts";
import type { BlobId, TreeId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { walkTree, type Names } from "../restore/walk-tree.ts";
import { IdTable } from "../tables/id-table.ts";
import type { TreeNode } from "../tree/node.ts";
import type { WantedObjects } from "./wanted-objects.ts";

/** Where a blob or tree that was looked for is used. */
export interface FoundObject {
  readonly type: BlobType;
  readonly id: BlobId;
  /** The file that the blob is a piece of, or the directory whose listing the tree is; empty for the top. */
  readonly names: Names;
  /** The listing that the file stands in; undefined for a tree. */
  readonly parentTree: TreeId | undefined;
}

/** Looks for the uses of blobs and trees, in one snapshot after the other; a tree below which none is, is read once. */
export class ObjectFinder {
  readonly #repository: Repository;
  readonly #wanted: WantedObjects;
  readonly #barren = new IdTable();

  constructor(repository: Repository, wanted: WantedObjects) {
    this.#repository = repository;
    this.#wanted = wanted;
  }

  /** Ends early when only trees are looked for and each was found. */
  async *find(
    root: TreeId,
    onFault: (names: Names, error: HoldfastError) => void,
    signal?: AbortSignal,
  ): AsyncGenerator<FoundObject> {
    const wanted = this.#wanted;
    const foundTrees = new Set<TreeId>();
    const isDone = () => wanted.count("data") === 0 && foundTrees.size >= wanted.count("tree");
    const open: { readonly tree: TreeId; hasFound: boolean }[] = [{ tree: root, hasFound: false }];
    const markFound = () => open.forEach((directory) => (directory.hasFound = true));
    const isOpen = (_: Names, { subtree }: TreeNode) => subtree !== undefined && this.#barren.find(subtree) < 0;
    const walk = {
      enters: isOpen,
      expects: isOpen,
      showsUnentered: true,
      onFault: (names: Names, error: HoldfastError) => {
        markFound();
        onFault(names, error);
      },
    };
    if (wanted.has("tree", root)) {
      foundTrees.add(root);
      yield { type: "tree", id: root, names: [], parentTree: undefined };
      if (isDone()) return;
    }
    for await (const { kind, names, node } of walkTree(this.#repository, root, walk, signal)) {
      if (kind === "leave") {
        const left = open.pop()!;
        if (!left.hasFound) this.#barren.add(left.tree);
        continue;
      }
      if (node.subtree !== undefined && wanted.has("tree", node.subtree)) {
        markFound();
        foundTrees.add(node.subtree);
        yield { type: "tree", id: node.subtree, names, parentTree: undefined };
        if (isDone()) return;
      }
      for (const id of node.content ?? []) {
        if (!wanted.has("data", id)) continue;
        markFound();
        yield { type: "data", id, names, parentTree: open.at(-1)!.tree };
      }
      if (kind === "enter") open.push({ tree: node.subtree!, hasFound: false });
    }
  }
}
