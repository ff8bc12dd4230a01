import type { TreeId } from "../id.ts";
import { GrowingRows } from "../tables/growing-rows.ts";
import { IdTable } from "../tables/id-table.ts";
import type { Repository } from "../repository/repository.ts";
import type { StoredSnapshot } from "../snapshot/snapshot.ts";
import { displayPath } from "../tree/name-quoting.ts";
import { treeDepthMax } from "../tree/tree-depth.ts";
import type { TreeNode } from "../tree/node.ts";
import { treeNodes } from "../tree/tree-reader.ts";
import type { Faults } from "./faults.ts";
import type { Finding } from "./report.ts";

/** Paths told of altogether. Listings that many names share can make more of them than anybody can walk. */
const pathsMax = 1_000_000;

/**
 * Tells each finding which paths of which snapshots it makes unrestorable. Directories that nothing touches are
 * looked at once, however many snapshots share them.
 */
export class AffectedPaths {
  readonly #repository: Repository;
  readonly #faults: Faults;
  readonly #signal: AbortSignal | undefined;
  readonly #known = new IdTable();
  /** By the tree's number: 1 when something below it is affected. */
  readonly #isTouched = new GrowingRows(1);
  #paths = 0;

  constructor(repository: Repository, faults: Faults, signal: AbortSignal | undefined) {
    this.#repository = repository;
    this.#faults = faults;
    this.#signal = signal;
  }

  async report(snapshot: StoredSnapshot): Promise<void> {
    const affect = (findings: Iterable<Finding>, names: readonly Buffer[]) => {
      const affecting = new Set(findings);
      if (affecting.size === 0) return;
      const path = displayPath(names);
      for (const finding of affecting) finding.affects({ snapshotId: snapshot.id, path });
      this.#paths += 1;
    };
    const walk = async (tree: TreeId, names: readonly Buffer[]) => {
      const lost = this.#faults.ofBlob("tree", tree);
      affect(lost, names);
      if (lost.length > 0 || names.length > treeDepthMax || !(await this.#touched(tree))) return;
      for (const { name, finding } of this.#faults.entriesOf(tree)) affect([finding], [...names, name]);
      for await (const node of this.#nodes(tree)) {
        if (this.#paths >= pathsMax) return;
        affect(this.#fileFaults(node), [...names, node.name]);
        if (node.subtree !== undefined) await walk(node.subtree, [...names, node.name]);
      }
    };
    await walk(snapshot.tree, []);
  }

  async #touched(tree: TreeId): Promise<boolean> {
    if (this.#faults.ofBlob("tree", tree).length > 0) return true;
    const number = this.#known.find(tree);
    if (number >= 0) return this.#isTouched.get(number, 0) === 1;
    let isTouched = this.#faults.entriesOf(tree).length > 0;
    for await (const node of this.#nodes(tree)) {
      // All subtrees are looked at, also after the first hit: the answer is asked for again soon.
      if (this.#fileFaults(node).length > 0) isTouched = true;
      if (node.subtree !== undefined && (await this.#touched(node.subtree))) isTouched = true;
    }
    this.#known.add(tree);
    this.#isTouched.set(this.#isTouched.add(), 0, isTouched ? 1 : 0);
    return isTouched;
  }

  async *#nodes(tree: TreeId): AsyncGenerator<TreeNode> {
    this.#signal?.throwIfAborted();
    yield* treeNodes(await this.#repository.loadBlob("tree", tree, this.#signal), () => {});
  }

  #fileFaults(node: TreeNode): Finding[] {
    return (node.content ?? []).flatMap((id) => this.#faults.ofBlob("data", id));
  }
}
