import type { TreeId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { IdTable } from "../tables/id-table.ts";
import type { TreeNode } from "../tree/node.ts";
import { eachNode } from "./each-node.ts";
import type { Stats, StatsOptions } from "./stats.ts";

/** Entries and bytes of each snapshot as it would be restored, added up; a file with several names once a snapshot. */
export async function restoreSize(
  repository: Repository,
  roots: readonly TreeId[],
  options: StatsOptions,
  signal: AbortSignal | undefined,
): Promise<Stats> {
  const trees = new TreeSizes();
  const visit = (node: TreeNode, tree: TreeId) => trees.add(tree, node);
  await eachNode(repository, roots, new IdTable(), visit, options, signal);
  let [files, totalBytes] = [0, 0];
  for (const root of roots) {
    const whole = trees.sizeOf(root);
    files += whole.entries;
    totalBytes += whole.bytes;
  }
  return { totalBytes, files, blobs: 0, compression: undefined };
}

interface LinkedFile {
  /** Device and inode: what the names of one file share. */
  readonly file: string;
  readonly bytes: number;
}

/**
 * What each tree holds by itself, and from that what it holds with all below it, worked out once a tree. Snapshots share
 * most of their trees, so counting them again for each snapshot would read the same thing over and over.
 */
class TreeSizes {
  readonly #numbers = new IdTable();
  // By number: first of the tree itself, and then of everything below it too.
  readonly #entries: number[] = [];
  readonly #bytes: number[] = [];
  readonly #subtrees: number[][] = [];
  readonly #linked = new Map<number, LinkedFile[]>();
  readonly #isWhole: boolean[] = [];
  readonly #holdsLinked: boolean[] = [];

  add(tree: TreeId, node: TreeNode): void {
    const number = this.#number(tree);
    this.#entries[number]! += 1;
    if (node.subtree !== undefined) this.#subtrees[number]!.push(this.#number(node.subtree));
    const bytes = Number(node.size);
    if (node.links === 1n || node.type === "dir" || node.inode === 0n) {
      this.#bytes[number]! += bytes;
      return;
    }
    const linked = { file: `${node.deviceId} ${node.inode}`, bytes };
    if (this.#linked.get(number)?.push(linked) === undefined) this.#linked.set(number, [linked]);
  }

  /** Everything below a tree; to be asked for when all trees were added. */
  sizeOf(tree: TreeId): { entries: number; bytes: number } {
    const number = this.#number(tree);
    this.#makeWhole(number);
    return { entries: this.#entries[number]!, bytes: this.#bytes[number]! + this.#linkedBytes(number) };
  }

  /** Children before parents, with a stack of its own: a tree may be deeper than the program's. */
  #makeWhole(root: number): void {
    const stack = [root];
    while (stack.length > 0) {
      const number = stack.at(-1)!;
      const subtrees = this.#subtrees[number]!;
      const missing = this.#isWhole[number] ? [] : subtrees.filter((subtree) => !this.#isWhole[subtree]);
      if (missing.length > 0) {
        for (const subtree of missing) stack.push(subtree);
        continue;
      }
      stack.pop();
      if (this.#isWhole[number]) continue;
      this.#isWhole[number] = true;
      for (const subtree of subtrees) {
        this.#entries[number]! += this.#entries[subtree]!;
        this.#bytes[number]! += this.#bytes[subtree]!;
        this.#holdsLinked[number] ||= this.#holdsLinked[subtree]!;
      }
      this.#holdsLinked[number] ||= this.#linked.has(number);
    }
  }

  /** The files with several names below a tree, each once. Only trees that hold such are looked at. */
  #linkedBytes(root: number): number {
    const files = new Map<string, number>();
    const seen = new Set([root]);
    for (const number of seen) {
      if (!this.#holdsLinked[number]) continue;
      for (const { file, bytes } of this.#linked.get(number) ?? []) if (!files.has(file)) files.set(file, bytes);
      for (const subtree of this.#subtrees[number]!) seen.add(subtree);
    }
    return files.values().reduce((total, bytes) => total + bytes, 0);
  }

  #number(tree: TreeId): number {
    const known = this.#numbers.size;
    const number = this.#numbers.add(tree);
    if (number === known) {
      this.#entries.push(0);
      this.#bytes.push(0);
      this.#subtrees.push([]);
      this.#isWhole.push(false);
      this.#holdsLinked.push(false);
    }
    return number;
  }
}
