import { assert, HoldfastError } from "@holdfast/base";
import type { TreeId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { treeNodes } from "../tree/tree-reader.ts";
import { TreeWriter } from "../tree/tree-writer.ts";
import type { KnownTrees } from "./known-trees/known-trees.ts";
import type { TreeRows } from "./known-trees/tree-rows.ts";
import type { Answered, Lanes } from "./lanes/lanes.ts";
import type { RevisitDone, SameEntries, UnsettledDirectory } from "./lanes/tasks.ts";
import type { DirectoryToStore, StoredDirectory } from "./stored-directory.ts";
import type { Tally } from "./tally.ts";
import type { Turns } from "./turns.ts";

export interface RevisitsParts {
  readonly repository: Repository;
  readonly lanes: Lanes;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly directoryTurns: Turns;
  readonly knownTrees: KnownTrees;
  readonly looks: TreeRows | undefined;
}

/** A directory that was not stored by looking at it: it is to be listed. Nothing was done about it. */
export const toBeListed = Symbol("to be listed");

type Outcome = StoredDirectory | undefined | typeof toBeListed;

/**
 * Directories that are as they were need no listing: a look shows it. Where that holds for a directory but not for
 * something below it, its tree is the parent snapshot's with other ids for those subdirectories.
 *
 * @see docs/adr/0017-unchanged-directories-are-known-by-a-digest.md
 */
export class Revisits {
  readonly #parts: RevisitsParts;
  readonly #store: (directory: DirectoryToStore, isListed: boolean) => Promise<StoredDirectory | undefined>;

  /** @param store does a directory that is found open; `isListed` when a look has shown that it changed */
  constructor(
    parts: RevisitsParts,
    store: (directory: DirectoryToStore, isListed: boolean) => Promise<StoredDirectory | undefined>,
  ) {
    this.#parts = parts;
    this.#store = store;
  }

  /** @returns `toBeListed` unless it is known and looks the same; undefined when it became too large and is left out */
  async directory({ place, path, parentTree, onOpened }: DirectoryToStore): Promise<Outcome> {
    const { knownTrees, lanes, repository, signal, directoryTurns } = this.#parts;
    if (parentTree === undefined || knownTrees.find(parentTree) < 0) return toBeListed;
    await directoryTurns.take();
    const startedMs = repository.context.clock.monotonicMs();
    let revisited: Answered<"revisit">;
    try {
      signal.throwIfAborted();
      revisited = await lanes.run({ kind: "revisit", place, path, tree: parentTree });
    } finally {
      directoryTurns.giveBack();
    }
    const outcome = await this.#outcome(parentTree, revisited.answer, path, revisited.lane, startedMs);
    if (outcome !== toBeListed) onOpened();
    return outcome;
  }

  async #outcome(tree: TreeId, seen: RevisitDone, path: string, lane: number, startedMs: number): Promise<Outcome> {
    if (seen === "changed") return toBeListed;
    const { knownTrees, repository } = this.#parts;
    const added = { plainBytes: 0, storedBytes: 0 };
    const durationMs = () => repository.context.clock.monotonicMs() - startedMs;
    const row = knownTrees.find(tree);
    const same = () => ({ tree, entriesBelow: knownTrees.entriesBelowAt(row), durationMs: durationMs(), added });
    if (seen === "same") return same();
    const listing = await this.#listingOf(tree);
    if (listing === undefined) {
      this.#release(seen, lane);
      return toBeListed;
    }
    const inner = await this.#settle(seen, lane, startedMs);
    this.#parts.tally.unchangedFiles(seen.files, seen.fileBytes);
    if (inner.every((each, number) => each?.tree === seen.unsettled[number]!.tree)) {
      knownTrees.confirm(row);
      return same();
    }
    return this.#storeAnew(seen, listing, inner, path, durationMs);
  }

  /** @returns undefined when the storage does not give it back: that only costs listing the directory */
  async #listingOf(tree: TreeId): Promise<Uint8Array | undefined> {
    const { repository, signal } = this.#parts;
    try {
      return await repository.loadBlob("tree", tree, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof HoldfastError)) throw error;
      return undefined;
    }
  }

  /** Lets go of everything that was left open below a directory. */
  #release({ handle, unsettled }: SameEntries, lane: number): void {
    this.#parts.lanes.release(lane, handle);
    for (const { seen } of unsettled) if (typeof seen === "object") this.#release(seen, lane);
  }

  /** What became of the subdirectories that were left open, in their order. */
  #settle(seen: SameEntries, lane: number, startedMs: number): Promise<(StoredDirectory | undefined)[]> {
    const { lanes, tally } = this.#parts;
    let unopened = seen.unsettled.length;
    const onOpened = () => {
      unopened -= 1;
      if (unopened === 0) lanes.release(lane, seen.handle);
    };
    const settleOne = async (inner: UnsettledDirectory) => {
      const stored = await this.#settleOne(inner, lane, startedMs, onOpened);
      if (stored === undefined) return undefined;
      const { tree, durationMs, added } = stored;
      tally.directory(tree === inner.tree ? "unchanged" : "modified", { path: `${inner.path}/`, durationMs, added });
      return stored;
    };
    // From the last to the first, because the turns go to the last first.
    const settling = seen.unsettled.toReversed().map((inner) => settleOne(inner));
    return Promise.all(settling.toReversed());
  }

  async #settleOne(
    { place, path, tree, seen }: UnsettledDirectory,
    lane: number,
    startedMs: number,
    onOpened: () => void,
  ): Promise<StoredDirectory | undefined> {
    const outcome = seen === undefined ? toBeListed : await this.#outcome(tree, seen, path, lane, startedMs);
    if (outcome === toBeListed) return this.#store({ place, path, parentTree: tree, onOpened }, seen !== undefined);
    onOpened();
    return outcome;
  }

  /** The parent snapshot's listing with what was found below some of its subdirectories in their places. */
  async #storeAnew(
    { tree, unsettled }: SameEntries,
    listing: Uint8Array,
    inner: readonly (StoredDirectory | undefined)[],
    path: string,
    durationMs: () => number,
  ): Promise<StoredDirectory | undefined> {
    const { knownTrees, lanes, looks } = this.#parts;
    const known = knownTrees.rowAt(knownTrees.find(tree));
    const found = new Map(unsettled.map(({ number }, at) => [number, inner[at]]));
    const children: (TreeId | undefined)[] = known.children.map((child, number) =>
      found.has(number) ? found.get(number)?.tree : child,
    );
    const { answer } = await lanes.run({ kind: "tree", listing: withChildren(listing, children), path });
    if (answer === undefined) return undefined;
    const entriesOf = (row: number) => (row < 0 ? 0 : knownTrees.entriesBelowAt(row));
    const before = unsettled.reduce((sum, each) => sum + entriesOf(knownTrees.find(each.tree)), 0);
    const now = inner.reduce((sum, each) => sum + (each?.entriesBelow ?? 0), 0);
    const entriesBelow = known.entriesBelow - before + now;
    // Where one was left out, the next backup looks for itself.
    const kept = children.filter((child) => child !== undefined);
    if (kept.length === children.length)
      looks?.add({ tree: answer.id, digest: known.digest, entriesBelow, children: kept });
    return { tree: answer.id, entriesBelow, durationMs: durationMs(), added: answer.added };
  }
}

/** A listing with these trees for its subdirectories; one without a tree is left out. */
function withChildren(listing: Uint8Array, children: readonly (TreeId | undefined)[]): Uint8Array {
  const writer = new TreeWriter();
  let number = 0;
  for (const node of treeNodes(listing, () => {})) {
    if (node.type !== "dir") writer.add(node);
    else {
      const subtree = children[number];
      if (subtree !== undefined) writer.add({ ...node, subtree });
      number += 1;
    }
  }
  assert(number === children.length, "a listing has as many subdirectories as its directory had");
  return writer.finish();
}
