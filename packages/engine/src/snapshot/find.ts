import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { isId, type SnapshotId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import type { Snapshot, StoredSnapshot } from "./snapshot.ts";
import { listSnapshots, loadSnapshot } from "./snapshot-store.ts";

/** Which snapshots are meant; an empty list asks for nothing. */
export interface SnapshotFilter {
  /** Any of these hosts. */
  readonly hosts?: readonly string[];
  /** All tags of any of these lists; the list with one empty text means: no tags at all. */
  readonly tags?: readonly (readonly string[])[];
  /** All of these paths. */
  readonly paths?: readonly string[];
}

export function matchesFilter(snapshot: Snapshot, filter: SnapshotFilter): boolean {
  const { hosts = [], tags = [], paths = [] } = filter;
  const hasTags = (wanted: readonly string[]) =>
    wanted.every((tag) => (tag === "" ? snapshot.tags.length === 0 : snapshot.tags.includes(tag)));
  return (
    (hosts.length === 0 || hosts.includes(snapshot.hostname)) &&
    (tags.length === 0 || tags.some(hasTags)) &&
    paths.every((path) => snapshot.paths.includes(path))
  );
}

/**
 * The snapshot that a person means by `latest`, an id, or the first digits of one. The filter serves `latest` only.
 * @throws ENGINE_SNAPSHOT_MISSING, ENGINE_SNAPSHOT_AMBIGUOUS, and what loading it throws
 */
export async function findSnapshot(
  repository: Repository,
  text: string,
  filter: SnapshotFilter = {},
  signal?: AbortSignal,
): Promise<StoredSnapshot> {
  if (text !== "latest") return loadSnapshot(repository, await resolveId(repository, text, signal), signal);
  const { log } = repository.context;
  const warn = (id: SnapshotId, error: HoldfastError) =>
    log.warn("passed over a damaged snapshot", { id, code: error.code });
  const snapshots = await listSnapshots(repository, warn, signal);
  const latest = snapshots.findLast((snapshot) => matchesFilter(snapshot, filter));
  if (latest !== undefined) return latest;
  const why = snapshots.length === 0 ? "the repository has no snapshots" : "no snapshot matches the filters";
  throw new HoldfastError(engineErrors.snapshotMissing, `There is no latest snapshot: ${why}.`);
}

async function resolveId(repository: Repository, text: string, signal: AbortSignal | undefined): Promise<SnapshotId> {
  const ids = (await repository.list("snapshot", signal)).map((entry) => entry.name).filter(isId);
  const [found, another] = ids.filter((id) => text !== "" && id.startsWith(text));
  if (found === undefined)
    throw new HoldfastError(engineErrors.snapshotMissing, `No snapshot has the id "${text.slice(0, 80)}".`);
  if (another !== undefined)
    throw new HoldfastError(engineErrors.snapshotAmbiguous, `Several snapshots have ids that begin with "${text}".`);
  return found;
}

/** What a new snapshot has in common with those it may be compared with. Leaving one out asks for nothing. */
export interface ParentQuery {
  /** Its own time: a parent is not younger. */
  readonly timeNs: bigint;
  readonly hostname?: string;
  /** A parent has all of these paths, and may have more. */
  readonly paths?: readonly string[];
  /** A parent has all of these tags. */
  readonly tags?: readonly string[];
}

/** The newest snapshot that fits, of several of one instant the last in the list; undefined for a first backup. */
export function selectParent(snapshots: readonly StoredSnapshot[], query: ParentQuery): StoredSnapshot | undefined {
  const filter: SnapshotFilter = {
    ...(query.hostname !== undefined && { hosts: [query.hostname] }),
    ...(query.tags !== undefined && query.tags.length > 0 && { tags: [query.tags] }),
    ...(query.paths !== undefined && { paths: query.paths }),
  };
  let parent: StoredSnapshot | undefined;
  for (const snapshot of snapshots) {
    if (snapshot.time.ns > query.timeNs || !matchesFilter(snapshot, filter)) continue;
    if (parent === undefined || snapshot.time.ns >= parent.time.ns) parent = snapshot;
  }
  return parent;
}
