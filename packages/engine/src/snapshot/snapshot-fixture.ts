import type { Id } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { emptySnapshot, type Snapshot, type StoredSnapshot } from "./snapshot.ts";
import { listSnapshots, saveSnapshot } from "./snapshot-store.ts";

/** A snapshot of nothing, for tests that look at snapshots only. */
function bareSnapshot(atS: number, fields: Partial<Snapshot> = {}): Snapshot {
  return {
    ...emptySnapshot,
    time: { ns: BigInt(atS) * 1_000_000_000n, offsetS: 0 },
    tree: "cd".repeat(32) as Id,
    paths: ["/data"],
    hostname: "h",
    otherKeys: [],
    ...fields,
  };
}

/** Saves such snapshots, one second apart, and returns them as stored, oldest first. */
export async function saveBareSnapshots(
  repository: Repository,
  fields: readonly Partial<Snapshot>[],
): Promise<StoredSnapshot[]> {
  for (const [at, each] of fields.entries()) await saveSnapshot(repository, bareSnapshot(at + 1, each));
  return storedSnapshots(repository);
}

/** All snapshots, oldest first; a damaged one fails the test. */
export function storedSnapshots(repository: Repository): Promise<StoredSnapshot[]> {
  return listSnapshots(repository, (_, error) => {
    throw error;
  });
}
