import type { HoldfastError } from "@holdfast/base";
import { idOf, type Id, type TreeId } from "../id.ts";
import { decodeName } from "../patterns/name-text.ts";
import type { PatternList } from "../patterns/pattern-list.ts";
import type { Repository } from "../repository/repository.ts";
import { walkTree, type Names } from "../restore/walk-tree.ts";
import { IdTable } from "../tables/id-table.ts";
import { displayPath } from "../tree/name-quoting.ts";
import type { TreeNode } from "../tree/node.ts";

/** What is looked for. */
export interface EntryQuery {
  readonly patterns: PatternList;
  /** Only entries modified at or after this instant, in nanoseconds since 1970. */
  readonly oldestNs?: bigint;
  /** Only entries modified at or before it. */
  readonly newestNs?: bigint;
}

export interface FoundEntry {
  readonly names: Names;
  readonly node: TreeNode;
}

interface OpenDirectory {
  readonly key: Id;
  hasFound: boolean;
}

/**
 * Looks for entries in one snapshot after the other. A directory in which nothing was found is not read again where
 * another snapshot has it at the same path: of many snapshots that are much alike, one is walked and the others in part.
 */
export class EntryFinder {
  readonly #repository: Repository;
  readonly #query: EntryQuery;
  /** Directories, each by its tree and path, that hold nothing that is looked for. */
  readonly #barren = new IdTable();

  constructor(repository: Repository, query: EntryQuery) {
    this.#repository = repository;
    this.#query = query;
  }

  /**
   * What is looked for below a tree, in the order of the trees.
   * @param onFault hears of each directory that cannot be read; the others are looked through
   */
  async *find(
    root: TreeId,
    onFault: (names: Names, error: HoldfastError) => void,
    signal?: AbortSignal,
  ): AsyncGenerator<FoundEntry> {
    const { patterns } = this.#query;
    const open: OpenDirectory[] = [];
    const markFound = () => open.forEach((directory) => (directory.hasFound = true));
    const mayHold = (names: Names, node: TreeNode) =>
      patterns.mayMatchBelow(textOf(names)) && this.#barren.find(keyOf(names, node)) < 0;
    const walk = {
      enters: mayHold,
      expects: mayHold,
      showsUnentered: true,
      onFault: (names: Names, error: HoldfastError) => {
        markFound(); // what could not be read is not known to hold nothing
        onFault(names, error);
      },
    };
    for await (const { kind, names, node } of walkTree(this.#repository, root, walk, signal)) {
      if (kind === "leave") {
        const left = open.pop()!;
        if (!left.hasFound) this.#barren.add(left.key);
        continue;
      }
      if (this.#isWanted(names, node)) {
        markFound();
        yield { names, node };
      }
      if (kind === "enter") open.push({ key: keyOf(names, node), hasFound: false });
    }
  }

  #isWanted(names: Names, { mtime }: TreeNode): boolean {
    const { patterns, oldestNs, newestNs } = this.#query;
    if (oldestNs !== undefined && mtime.ns < oldestNs) return false;
    if (newestNs !== undefined && mtime.ns > newestNs) return false;
    return patterns.matches(textOf(names));
  }
}

function textOf(names: Names): string[] {
  return names.map((name) => decodeName(name.toString("latin1")));
}

function keyOf(names: Names, node: TreeNode): Id {
  return idOf(Buffer.from(`${node.subtree}${displayPath(names)}`));
}
