import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { shortId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import type { StoredSnapshot } from "../snapshot/snapshot.ts";
import { listSnapshots } from "../snapshot/snapshot-store.ts";

/**
 * All snapshots. One that cannot be read may need anything, so nothing can be called unused.
 * @throws ENGINE_PRUNE_REFUSED naming it
 */
export function soundSnapshots(repository: Repository, signal?: AbortSignal): Promise<StoredSnapshot[]> {
  const refuse = (id: StoredSnapshot["id"], cause: HoldfastError) => {
    const message = `The file of snapshot ${shortId(id)} is damaged, so nobody knows what it needs. Nothing was removed.`;
    throw new HoldfastError(engineErrors.pruneRefused, message, { cause, internal: `snapshot ${id}` });
  };
  return listSnapshots(repository, refuse, signal);
}
