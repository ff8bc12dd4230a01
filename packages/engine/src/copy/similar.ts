import { isDeepStrictEqual } from "node:util";
import type { SnapshotId } from "../id.ts";
import type { StoredSnapshot } from "../snapshot/snapshot.ts";

/** The snapshot that a copy or a changed snapshot goes back to: itself, when it is the first. */
export function originOf(snapshot: StoredSnapshot): SnapshotId {
  return snapshot.original ?? snapshot.id;
}

/** Whether `copy` is what copying `source` would make: restic's own test, so that both skip the same snapshots. */
export function isSimilar(source: StoredSnapshot, copy: StoredSnapshot): boolean {
  const origin = originOf(source);
  return (copy.id === origin || copy.original === origin) && isDeepStrictEqual(identity(source), identity(copy));
}

function identity({ time, tree, hostname, username, uid, gid, paths, excludes, tags }: StoredSnapshot) {
  return { ns: time.ns, tree, hostname, username, uid, gid, excludes, paths: new Set(paths), tags: new Set(tags) };
}
