import { assert, compareBytes, HoldfastError, isFailure } from "@holdfast/base";
import { isDamage } from "../damage.ts";
import { engineErrors } from "../errors.ts";
import type { TreeId } from "../id.ts";
import type { ReadBack } from "../repository/read-back.ts";
import type { Repository } from "../repository/repository.ts";
import { IdTable } from "../tables/id-table.ts";
import { displayPath } from "../tree/name-quoting.ts";
import type { TreeNode } from "../tree/node.ts";
import { NodesAhead } from "../tree/nodes-ahead.ts";
import { treeNodes, type TreeProblem } from "../tree/tree-reader.ts";
import { TreeWriter } from "../tree/tree-writer.ts";
import { TreesAhead } from "../tree/trees-ahead.ts";
import { reencodesExactly } from "./reencoding.ts";

type Names = readonly Buffer[];

/** What becomes of the entries of a snapshot. Each rule may be asked about millions, one after the other. */
export interface RewriteRules {
  /** The entry as it is to be from now on, the same object when nothing changes, or undefined to leave it out. */
  node(node: TreeNode, names: Names): TreeNode | undefined;
  /** Whether a directory stays that is left with nothing in it; default yes. */
  keepsEmpty?(names: Names): boolean;
  /**
   * Set where damage is mended: a listing that cannot be read counts as empty, entries that no listing may have are left
   * out, a listing out of order is put in order. Without it any of that ends the rewriting.
   */
  readonly mending?: MendingRules;
}

export interface MendingRules {
  /** @param tree undefined for a directory that names no listing at all */
  onUnreadable(names: Names, tree: TreeId | undefined): void;
  onRefused(names: Names, problem: TreeProblem): void;
}

/**
 * Makes new trees out of old ones. A directory is read and written entry by entry: memory holds the bytes of the listings
 * on the way down, old and new, and no entry for longer than its turn.
 *
 * A directory in which nothing changes keeps its id without being written again, so listings that other programs wrote
 * survive as they are. One that does change must re-encode to itself first: what we would lose of it we refuse to touch,
 * unless it is being mended.
 */
export class TreeRewriter {
  readonly #repository: Repository;
  readonly #rules: RewriteRules;
  readonly #written: ReadBack;
  readonly #signal: AbortSignal | undefined;
  readonly #ahead: TreesAhead;
  /** Trees that stay as they are, when that does not depend on where they are. */
  readonly #sound: IdTable | undefined;
  readonly #replaced = new Map<TreeId, TreeId>();

  /**
   * @param isByPath true when the rules look at names: then a tree is looked at wherever it occurs
   * @param written hears of listings that are built on although this run has not stored them
   */
  constructor(repository: Repository, rules: RewriteRules, isByPath: boolean, written: ReadBack, signal?: AbortSignal) {
    this.#repository = repository;
    this.#rules = rules;
    this.#written = written;
    this.#signal = signal;
    this.#ahead = new TreesAhead(repository, signal);
    this.#sound = isByPath ? undefined : new IdTable();
  }

  /**
   * @param names where the tree is, from the top of the snapshot
   * @returns the tree that takes its place, queued but not flushed; undefined when it is left out as a whole, and for the
   *   top of a snapshot that cannot be read
   * @throws ENGINE_TREE_FOREIGN, ENGINE_TREE_DAMAGED, ENGINE_BLOB_MISSING, ENGINE_PACK_DAMAGED, what the storage throws
   */
  async rewrite(tree: TreeId | undefined, names: Names = []): Promise<TreeId | undefined> {
    this.#signal?.throwIfAborted();
    if (tree === undefined) return this.#unreadable(names, undefined);
    const known = this.#known(tree);
    if (known !== undefined) {
      this.#ahead.drop(tree);
      return known;
    }
    const entries = await this.#rewriteEntries(tree, names);
    if (entries === "unreadable") return this.#unreadable(names, tree);
    const rewritten = entries instanceof TreeWriter ? await this.#save(entries) : entries;
    if (rewritten === tree) this.#sound?.add(tree);
    else if (rewritten !== undefined && this.#sound !== undefined) this.#replaced.set(tree, rewritten);
    return rewritten;
  }

  /** A listing that is lost may be one that this run has written again; then it can be read as soon as it is stored. */
  async #bytesOf(tree: TreeId): Promise<Uint8Array> {
    try {
      return await this.#ahead.take(tree);
    } catch (error) {
      if (!isFailure(error, engineErrors.blobMissing) || !this.#repository.has("tree", tree)) throw error;
      await this.#repository.flush(this.#signal);
      return this.#repository.loadBlob("tree", tree, this.#signal);
    }
  }

  /** What has become of a tree already, where that is the same everywhere. */
  #known(tree: TreeId): TreeId | undefined {
    if (this.#sound === undefined) return undefined;
    return this.#sound.find(tree) >= 0 ? tree : this.#replaced.get(tree);
  }

  /**
   * The bytes of the old listing are given up when this resolves: they may be as many as the new one's, and storing that
   * takes as many again.
   * @returns the new listing, to be stored, or what takes the place of the old one without
   */
  async #rewriteEntries(tree: TreeId, names: Names): Promise<TreeWriter | TreeId | "unreadable" | undefined> {
    let bytes: Uint8Array;
    try {
      bytes = await this.#bytesOf(tree);
      assertTree(bytes);
    } catch (error) {
      if (!isDamage(error) || this.#rules.mending === undefined) throw error;
      return "unreadable";
    }
    const writer = new TreeWriter(bytes.byteLength);
    let [entries, isChanged] = [0, false];
    const listed = this.#nodes(bytes, names, () => (isChanged = true));
    const nodes = new NodesAhead(listed, this.#ahead, ({ subtree }) => this.#known(subtree!) === undefined);
    for (let node = nodes.next(); node !== undefined; node = nodes.next()) {
      const rewritten = await this.#node(node, [...names, node.name]);
      if (rewritten !== node) isChanged = true;
      if (rewritten === undefined) continue;
      writer.add(rewritten);
      entries += 1;
    }
    if (entries === 0 && this.#rules.keepsEmpty?.(names) === false) return undefined;
    if (!isChanged) return tree;
    if (this.#rules.mending === undefined && !reencodesExactly(bytes)) throw foreign(names);
    return writer;
  }

  async #save(writer: TreeWriter): Promise<TreeId> {
    const { id, isNew } = await this.#repository.saveBlob("tree", writer.finish(), this.#signal);
    if (!isNew) this.#written.buildOn(id);
    return id;
  }

  async #node(node: TreeNode, names: Names): Promise<TreeNode | undefined> {
    const kept = this.#rules.node(node, names);
    if (kept === undefined && node.subtree !== undefined) this.#ahead.drop(node.subtree);
    if (kept?.type !== "dir") return kept;
    const subtree = await this.rewrite(kept.subtree, names);
    if (subtree === undefined) return undefined;
    return subtree === kept.subtree ? kept : { ...kept, subtree };
  }

  /** The entries in order. @param onMended hears when they are not what the listing says */
  #nodes(bytes: Uint8Array, names: Names, onMended: () => void): Iterator<TreeNode> {
    const { mending } = this.#rules;
    if (mending === undefined) {
      return treeNodes(bytes, () => {
        throw foreign(names);
      });
    }
    const isInOrder = orderOf(bytes);
    const nodes = treeNodes(
      bytes,
      (problem) => {
        onMended();
        if (problem.isRefused) mending.onRefused([...names, problem.name], problem);
      },
      { keepsHollow: true },
    );
    return isInOrder ? nodes : [...nodes].sort((left, right) => compareBytes(left.name, right.name)).values();
  }

  async #unreadable(names: Names, tree: TreeId | undefined): Promise<TreeId | undefined> {
    const { mending } = this.#rules;
    assert(mending !== undefined, "only a mending leads to a directory without listing");
    mending.onUnreadable(names, tree);
    if (names.length === 0) return undefined;
    return this.#save(new TreeWriter());
  }
}

/** @throws ENGINE_TREE_DAMAGED when the bytes are no listing at all */
function assertTree(bytes: Uint8Array): void {
  treeNodes(bytes, () => {}, { keepsHollow: true }).next();
}

/** Whether the entries stand in order, so that they need not be held in memory to be put into it. */
function orderOf(bytes: Uint8Array): boolean {
  let isInOrder = true;
  const look = treeNodes(
    bytes,
    ({ isRefused }) => {
      if (!isRefused) isInOrder = false;
    },
    { keepsHollow: true },
  );
  for (const _ of look) if (!isInOrder) break;
  return isInOrder;
}

function foreign(names: Names): HoldfastError {
  return new HoldfastError(
    engineErrors.treeForeign,
    `The directory ${displayPath(names)} cannot be written again without losing something.`,
  );
}
