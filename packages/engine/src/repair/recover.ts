import { isDamage } from "../damage.ts";
import type { SnapshotId, TreeId } from "../id.ts";
import { shortId } from "../id.ts";
import { inParallel } from "../repository/in-parallel.ts";
import type { Repository } from "../repository/repository.ts";
import { emptySnapshot } from "../snapshot/snapshot.ts";
import { listSnapshots, saveSnapshot } from "../snapshot/snapshot-store.ts";
import { goModeOf } from "../tree/mode.ts";
import { bareNode } from "../tree/node.ts";
import { localTimestamp } from "../tree/timestamp.ts";
import { treeNodes } from "../tree/tree-reader.ts";
import { serialiseTree } from "../tree/tree-writer.ts";

export interface RecoverOptions {
  readonly hostname: string;
  readonly username: string;
  readonly uid?: number;
  readonly gid?: number;
  /** Such as "holdfast 0.1.0". */
  readonly programVersion: string;
  readonly onProgress?: (progress: { readonly treesRead: number; readonly treesTotal: number }) => void;
  /** Hears of each directory listing that cannot be read. */
  readonly onDamaged?: (tree: TreeId, message: string) => void;
}

export interface Recovery {
  /** Directories that no snapshot and no other directory names. */
  readonly roots: readonly TreeId[];
  /** Undefined when there was nothing to recover. */
  readonly snapshotId: SnapshotId | undefined;
}

/** Of a snapshot with what was found: its path and its tag, restic's. */
const recoveredPath = "/recover";
const recoveredTag = "recovered";
const directoryType = 0o040000;

/**
 * Makes a snapshot of every directory that nothing leads to: what a snapshot held that was forgotten by mistake, or what
 * an interrupted backup had got to. Each stands in it under the beginning of its id.
 *
 * @param repository its exclusive lock is held by the caller, and its index repaired: a tree in a pack that the index does
 *   not know is not found
 * @see restic-format section 16
 */
export async function recover(
  repository: Repository,
  options: RecoverOptions,
  signal?: AbortSignal,
): Promise<Recovery> {
  // A snapshot that cannot be read leads to nothing; its directories are recovered like those of a forgotten one.
  const snapshots = await listSnapshots(repository, () => {}, signal);
  await repository.loadIndex(signal);
  const roots = await findRoots(
    repository,
    snapshots.map((snapshot) => snapshot.tree),
    options,
    signal,
  );
  if (roots.length === 0) return { roots, snapshotId: undefined };

  const { hostname, username, uid = 0, gid = 0, programVersion } = options;
  const time = localTimestamp(BigInt(Math.trunc(repository.context.clock.nowMs())) * 1_000_000n);
  const nodes = namesFor(roots).map(([name, subtree]) => ({
    ...bareNode(Buffer.from(name), "dir"),
    mode: goModeOf(directoryType | 0o755),
    mtime: time,
    atime: time,
    ctime: time,
    subtree,
  }));
  const { id: tree } = await repository.saveBlob("tree", serialiseTree(nodes), signal);
  await repository.flush(signal);
  const facts = { time, tree, hostname, username, uid, gid, programVersion, paths: [recoveredPath] };
  const snapshot = { ...emptySnapshot, ...facts, tags: [recoveredTag], otherKeys: [] };
  return { roots, snapshotId: await saveSnapshot(repository, snapshot, signal) };
}

async function findRoots(
  repository: Repository,
  named: readonly TreeId[],
  { onProgress = () => {}, onDamaged = () => {} }: RecoverOptions,
  signal: AbortSignal | undefined,
): Promise<TreeId[]> {
  const { wholeIndex } = repository;
  const treesTotal = wholeIndex.blobCount("tree");
  const isReached = new Uint8Array(treesTotal);
  const reach = (tree: TreeId) => {
    const number = wholeIndex.blobNumber("tree", tree);
    if (number >= 0) isReached[number] = 1;
  };
  for (const tree of named) reach(tree);
  let treesRead = 0;
  const unreadable = new Set<number>();
  await inParallel(numbers(treesTotal), Math.max(1, repository.storage.properties.connectionsMax), async (number) => {
    signal?.throwIfAborted();
    const tree = wholeIndex.blobId("tree", number);
    try {
      const bytes = await repository.loadBlob("tree", tree, signal);
      for (const node of treeNodes(bytes, () => {})) if (node.subtree !== undefined) reach(node.subtree);
    } catch (error) {
      if (!isDamage(error)) throw error;
      unreadable.add(number);
      onDamaged(tree, error.message);
    }
    treesRead += 1;
    onProgress({ treesRead, treesTotal });
  });
  return [...numbers(treesTotal)]
    .filter((number) => isReached[number] === 0 && !unreadable.has(number))
    .map((number) => wholeIndex.blobId("tree", number));
}

function* numbers(count: number): Generator<number> {
  for (let number = 0; number < count; number += 1) yield number;
}

/** The first digits of each id, or all where others share them; in the order of a listing. */
function namesFor(roots: readonly TreeId[]): [name: string, tree: TreeId][] {
  const sorted = [...roots].sort();
  return sorted.map((tree, at) => {
    const isAlone = [sorted[at - 1], sorted[at + 1]].every((other) => other?.startsWith(shortId(tree)) !== true);
    return [isAlone ? shortId(tree) : tree, tree];
  });
}
