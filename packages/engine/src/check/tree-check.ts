import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import type { TreeId } from "../id.ts";
import { IdTable } from "../tables/id-table.ts";
import type { Repository } from "../repository/repository.ts";
import { displayPath } from "../tree/name-quoting.ts";
import { eachTree } from "../tree/each-tree.ts";
import { treeNodes } from "../tree/tree-reader.ts";
import type { Faults } from "./faults.ts";
import { Finding } from "./report.ts";
import type { TreeFacts } from "./tree-facts.ts";

/** A listing of a million bad entries is one thing to mend, and must not fill the memory of those who look. */
const findingsMax = 10_000;

/**
 * Walks every directory that can be reached, each once, and looks whether it says sensible things and whether the
 * index knows everything it names. What it finds goes to `faults` by what it hits, and to `findings`.
 */
export class TreeCheck {
  readonly findings: Finding[] = [];
  readonly hints: string[] = [];
  readonly #repository: Repository;
  readonly #faults: Faults;
  /** Trees that are looked at here: those that nobody has answered for. */
  readonly #doubtful = new IdTable();
  /** By the tree's number in the index: 1 when it was met. */
  readonly #isMet: Uint8Array;
  #sound = 0;
  /** Listings that could not be read, and why. */
  readonly #damaged: { readonly tree: TreeId; readonly finding: Finding }[] = [];
  #done = 0;
  #unindexed: Finding | undefined;
  #further: Finding | undefined;

  constructor(repository: Repository, faults: Faults) {
    this.#repository = repository;
    this.#faults = faults;
    this.#isMet = new Uint8Array(repository.wholeIndex.blobCount("tree"));
  }

  /** Different trees seen so far. */
  get trees(): number {
    return this.#sound + this.#doubtful.size;
  }

  /** Trees that have been looked at. */
  get done(): number {
    return this.#sound + this.#done;
  }

  /**
   * @param facts of trees that were found to be sound, which are not read again
   * @param onTree called now and then, at the end at the latest
   */
  async walk(
    roots: readonly TreeId[],
    facts: TreeFacts,
    onTree: () => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    const readsMax = this.#repository.storage.properties.connectionsMax;
    const first = this.#follow(roots, facts);
    onTree();
    await eachTree(first, this.#doubtful, readsMax, async (tree) => {
      const subtrees = this.#follow(await this.#look(tree, signal), facts);
      this.#done += 1;
      onTree();
      return subtrees;
    });
  }

  /** Goes through all that is sound from these trees on, and returns what it came to that is not known to be. */
  #follow(trees: readonly TreeId[], facts: TreeFacts): TreeId[] {
    const index = this.#repository.wholeIndex;
    const doubtful: TreeId[] = [];
    const waiting: number[] = [];
    const meet = (tree: number) => {
      if (this.#isMet[tree] === 0) waiting.push(tree);
      this.#isMet[tree] = 1;
    };
    for (const tree of trees) {
      const number = index.blobNumber("tree", tree);
      if (number < 0) doubtful.push(tree);
      else meet(number);
    }
    for (let tree = waiting.pop(); tree !== undefined; tree = waiting.pop()) {
      const subtrees = facts.subtreesOf(tree);
      if (subtrees === undefined) doubtful.push(index.blobId("tree", tree));
      else this.#sound += 1;
      for (const subtree of subtrees ?? []) meet(subtree);
    }
    return doubtful;
  }

  /**
   * Adds the listings that could not be read to the findings, unless their packs are known to have lost them: to be
   * called when `faults` has those.
   */
  conclude(): void {
    for (const { tree, finding } of this.#damaged) {
      if (this.#faults.ofBlob("tree", tree).length > 0) continue;
      if (!this.findings.includes(finding)) this.findings.push(finding);
      this.#faults.addBlob("tree", tree, finding);
    }
  }

  async #look(tree: TreeId, signal: AbortSignal | undefined): Promise<TreeId[]> {
    signal?.throwIfAborted();
    const subtrees: TreeId[] = [];
    try {
      const bytes = await this.#repository.loadBlob("tree", tree, signal);
      const nodes = treeNodes(bytes, ({ name, fault, isRefused }) => {
        if (isRefused) this.#addEntry(tree, name, fault);
        else this.hints.push(`In directory listing ${tree}, ${displayPath([name])} ${fault}.`);
      });
      for (const node of nodes) {
        if (node.subtree !== undefined) subtrees.push(node.subtree);
        for (const id of node.content ?? []) {
          if (!this.#repository.has("data", id) && this.#faults.ofBlob("data", id).length === 0)
            this.#faults.addBlob("data", id, this.#unindexedFinding());
        }
      }
    } catch (error) {
      if (!(error instanceof HoldfastError) || error.kind !== "damaged") throw error;
      this.#damaged.push({ tree, finding: this.#findingFor(tree, error) });
    }
    return subtrees;
  }

  #addEntry(tree: TreeId, name: Buffer, fault: string): void {
    if (this.findings.length >= findingsMax) {
      this.#further ??= this.#add(new Finding(engineErrors.treeDamaged, "Further entries of directories are damaged."));
      return this.#faults.addTree(tree, this.#further);
    }
    const message = `In directory listing ${tree}, ${displayPath([name])} ${fault}.`;
    const finding = this.#add(new Finding(engineErrors.treeDamaged, message, { fileId: tree }));
    this.#faults.addEntry(tree, name, finding);
  }

  #add(finding: Finding): Finding {
    this.findings.push(finding);
    return finding;
  }

  #findingFor(tree: TreeId, error: HoldfastError): Finding {
    if (this.#repository.places("tree", tree).length === 0) return this.#unindexedFinding();
    return new Finding(error, `Directory listing ${tree}: ${error.message}`, { fileId: tree });
  }

  /** One finding for all blobs that no index knows: a lost index file makes thousands of them. */
  #unindexedFinding(): Finding {
    if (this.#unindexed === undefined) {
      this.#unindexed = new Finding(engineErrors.blobMissing, "Pieces of backups are in no index.");
      this.findings.push(this.#unindexed);
    }
    return this.#unindexed;
  }
}
