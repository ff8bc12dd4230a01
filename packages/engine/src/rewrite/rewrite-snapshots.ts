import type { TreeId } from "../id.ts";
import type { PatternList } from "../patterns/pattern-list.ts";
import { decodeName } from "../patterns/name-text.ts";
import { ReadBack } from "../repository/read-back.ts";
import type { Repository } from "../repository/repository.ts";
import type { StoredSnapshot } from "../snapshot/snapshot.ts";
import { noCounts, type SnapshotSummary } from "../snapshot/summary.ts";
import { displayPath } from "../tree/name-quoting.ts";
import { parseTimestamp, type Timestamp } from "../tree/timestamp.ts";
import { replaceSnapshots, type PlannedReplacement, type Replacement } from "./replace-snapshots.ts";
import { TreeRewriter, type RewriteRules } from "./tree-rewriter.ts";

export interface RewriteOptions {
  /** Entries that match any of these are left out. Not together with `includes`. */
  readonly excludes?: readonly PatternList[];
  /** Only entries that match any of these stay, with the directories on the way to them. */
  readonly includes?: readonly PatternList[];
  readonly newHostname?: string;
  readonly newTime?: Timestamp;
  /** Records how many files there are and how large they are where that is not known yet. */
  readonly withSummary?: boolean;
  /** Removes each old snapshot once the new one is stored; else the new ones are tagged "rewrite". */
  readonly forget?: boolean;
  /** Hears of each entry that is left out, or with `includes` of each that stays. */
  readonly onEntry?: (path: string) => void;
}

/** The tag of snapshots that were made from others that are still there; restic's. */
const rewriteTag = "rewrite";

/**
 * Makes changed snapshots out of existing ones: without some of their files, or with other facts about them. What a
 * snapshot loses stays in the repository until a prune.
 *
 * @param snapshots those to rewrite
 * @param all every snapshot there is, to find what an interrupted run had done
 * @yields each snapshot with what became of it; none is stored before all are known, and no old one goes before that
 * @throws ENGINE_TREE_FOREIGN, ENGINE_TREE_DAMAGED, ENGINE_BLOB_MISSING … for the first snapshot that cannot be
 *   rewritten; then none is
 * @see restic-format section 17; the caller holds a lock, exclusive with `forget`, and has loaded the index
 */
export async function* rewriteSnapshots(
  repository: Repository,
  snapshots: readonly StoredSnapshot[],
  all: readonly StoredSnapshot[],
  options: RewriteOptions,
  signal?: AbortSignal,
): AsyncGenerator<{ snapshot: StoredSnapshot; replacement: Replacement }> {
  const { newHostname, newTime, forget = false } = options;
  const written = new ReadBack(repository);
  const planned: PlannedReplacement[] = [];
  for (const snapshot of snapshots) {
    const { tree, summary } = await rewriteTree(repository, snapshot, options, written, signal);
    const facts = { hostname: newHostname ?? snapshot.hostname, time: newTime ?? snapshot.time };
    const isSame =
      tree === snapshot.tree &&
      facts.hostname === snapshot.hostname &&
      facts.time.ns === snapshot.time.ns &&
      isSameSummary(snapshot, summary, options);
    if (tree === undefined || isSame) {
      planned.push({ old: snapshot, becomes: "unchanged" });
      continue;
    }
    const { id: _, ...old } = snapshot;
    planned.push({ old: snapshot, becomes: { ...old, ...facts, tree, summary } });
  }
  yield* replaceSnapshots(repository, planned, { forget, tag: rewriteTag, written }, all, signal);
}

/** @returns tree undefined when no file would be left */
async function rewriteTree(
  repository: Repository,
  snapshot: StoredSnapshot,
  options: RewriteOptions,
  written: ReadBack,
  signal: AbortSignal | undefined,
): Promise<{ tree: TreeId | undefined; summary: SnapshotSummary | undefined }> {
  const { excludes = [], includes = [], withSummary = false } = options;
  if (excludes.length === 0 && includes.length === 0 && !withSummary) return snapshot;
  const totals = { files: 0, bytes: 0 };
  const rules = rulesOf(options, totals);
  const tree = await new TreeRewriter(repository, rules, true, written, signal).rewrite(snapshot.tree);
  const before = snapshot.summary ?? emptySummary;
  return {
    tree,
    summary: { ...before, totalFilesProcessed: totals.files, totalBytesProcessed: totals.bytes },
  };
}

function rulesOf(
  { excludes = [], includes = [], onEntry = () => {} }: RewriteOptions,
  totals: { files: number; bytes: number },
): RewriteRules {
  const isIncluded = (path: readonly string[]) => includes.some((list) => list.matches(path));
  const isKept = (path: readonly string[], isDirectory: boolean) => {
    if (includes.length === 0) return !excludes.some((list) => list.matches(path));
    return isIncluded(path) || (isDirectory && includes.some((list) => list.mayMatchBelow(path)));
  };
  return {
    node(node, names) {
      const isDirectory = node.type === "dir";
      const isStaying = isKept(names.map(textOf), isDirectory);
      if (!isStaying || (includes.length > 0 && !isDirectory)) onEntry(displayPath(names));
      if (!isStaying) return undefined;
      if (node.type === "file") {
        totals.files += 1;
        totals.bytes += Number(node.size);
      }
      return node;
    },
    keepsEmpty: (names) => includes.length === 0 || isIncluded(names.map(textOf)),
  };
}

function textOf(name: Buffer): string {
  return decodeName(name.toString("latin1"));
}

/** As restic begins one: the times are its zero time. */
const goZeroTime = parseTimestamp("0001-01-01T00:00:00Z")!;
const emptySummary: SnapshotSummary = { backupStart: goZeroTime, backupEnd: goZeroTime, ...noCounts() };

/** A summary that is only missing is made when it is asked for, and when the snapshot changes anyway. */
function isSameSummary(
  { summary: before }: StoredSnapshot,
  now: SnapshotSummary | undefined,
  { withSummary = false }: RewriteOptions,
): boolean {
  if (before === undefined) return !withSummary;
  return (
    before.totalFilesProcessed === now?.totalFilesProcessed && before.totalBytesProcessed === now.totalBytesProcessed
  );
}
