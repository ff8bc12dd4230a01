import { ReadBack } from "../repository/read-back.ts";
import type { Repository } from "../repository/repository.ts";
import { replaceSnapshots, type PlannedReplacement, type Replacement } from "../rewrite/replace-snapshots.ts";
import { TreeRewriter, type RewriteRules } from "../rewrite/tree-rewriter.ts";
import type { StoredSnapshot } from "../snapshot/snapshot.ts";
import { displayPath } from "../tree/name-quoting.ts";
import type { TreeNode } from "../tree/node.ts";
import { UnindexedBlobs } from "./unindexed-blobs.ts";

/** One thing that a repaired snapshot does not have any more, or has differently. */
export interface Mending {
  readonly path: string;
  readonly what: "content-missing" | "size-corrected" | "listing-unreadable" | "entry-refused" | "root-unreadable";
}

export interface RepairSnapshotsOptions {
  /** Removes each damaged snapshot once its repaired one is stored; else the new ones are tagged "repaired". */
  readonly forget?: boolean;
  readonly onMending?: (snapshot: StoredSnapshot, mending: Mending) => void;
}

/** The tag of repaired snapshots whose damaged originals are still there; restic's. */
const repairedTag = "repaired";

/**
 * Makes restorable snapshots out of damaged ones: chunks that no index knows are left out of their files, listings that
 * cannot be read count as empty. Sound snapshots are left alone, and a damaged one that was repaired before is not
 * repaired again. The index has to be right first: what it does not know is missing.
 *
 * A snapshot of which nothing can be read stays unless `forget` is set.
 *
 * @param snapshots those to repair
 * @param all every snapshot there is, to find what was repaired before
 * @yields each snapshot with what became of it; none is stored before all are known, and no old one goes before that
 * @throws ENGINE_INDEX_INCOMPLETE before a snapshot loses what lies in a pack that no index names, and what the storage
 *   throws: something that cannot be reached now is not called damaged
 * @see restic-format section 16; the caller holds the exclusive lock and has loaded the index
 */
export async function* repairSnapshots(
  repository: Repository,
  snapshots: readonly StoredSnapshot[],
  all: readonly StoredSnapshot[],
  options: RepairSnapshotsOptions,
  signal?: AbortSignal,
): AsyncGenerator<{ snapshot: StoredSnapshot; replacement: Replacement }> {
  const { forget = false, onMending = () => {} } = options;
  let current: StoredSnapshot | undefined;
  const unindexed = new UnindexedBlobs(repository);
  const rules = mendingRules(repository, unindexed, (mending) => onMending(current!, mending));
  const written = new ReadBack(repository);
  const rewriter = new TreeRewriter(repository, rules, false, written, signal);
  const planned: PlannedReplacement[] = [];
  for (const snapshot of snapshots) {
    current = snapshot;
    const tree = await rewriter.rewrite(snapshot.tree);
    if (tree === snapshot.tree) {
      planned.push({ old: snapshot, becomes: "unchanged" });
      continue;
    }
    await unindexed.refuseIfThere(signal);
    const { id: _, ...old } = snapshot;
    planned.push({ old: snapshot, becomes: tree === undefined ? "empty" : { ...old, tree } });
  }
  yield* replaceSnapshots(repository, planned, { forget, tag: repairedTag, written }, all, signal);
}

function mendingRules(
  repository: Repository,
  unindexed: UnindexedBlobs,
  onMending: (mending: Mending) => void,
): RewriteRules {
  const tell = (names: readonly Buffer[], what: Mending["what"]) => onMending({ path: displayPath(names), what });
  return {
    node(node, names) {
      if (node.type === "file") return mendFile(repository, unindexed, node, (what) => tell(names, what));
      if (node.type !== "irregular") return node;
      tell(names, "entry-refused"); // no restore makes anything of it
      return undefined;
    },
    mending: {
      onUnreadable(names, tree) {
        if (tree !== undefined) unindexed.addMissing("tree", tree);
        tell(names, names.length === 0 ? "root-unreadable" : "listing-unreadable");
      },
      onRefused: (names) => tell(names, "entry-refused"),
    },
  };
}

function mendFile(
  repository: Repository,
  unindexed: UnindexedBlobs,
  node: TreeNode,
  tell: (what: Mending["what"]) => void,
): TreeNode {
  const before = node.content ?? [];
  const content = before.filter((id) => repository.has("data", id));
  if (content.length < before.length) {
    for (const id of before) if (!repository.has("data", id)) unindexed.addMissing("data", id);
  }
  const size = content.reduce((sum, id) => sum + BigInt(repository.plainLength("data", id)!), 0n);
  if (node.content !== undefined && content.length === before.length && size === node.size) return node;
  tell(content.length < before.length || node.content === undefined ? "content-missing" : "size-corrected");
  return { ...node, content, size };
}
