import { HoldfastError, isFailure } from "@holdfast/base";
import { storageErrors } from "@holdfast/storage";
import type { Id } from "../id.ts";
import { parseLockFile } from "./lock-file.ts";
import { isStale, type Observer } from "./lock-staleness.ts";
import { isProcessAlive, processSpace } from "./process-space.ts";
import type { Repository } from "./repository.ts";

export interface RemoveLocksOptions {
  /** Also those whose holder may be alive. Whoever asks for this knows that nobody works in the repository. */
  readonly all: boolean;
  /** This machine's own name: of its own processes it can tell which are dead. */
  readonly hostname: string;
}

/**
 * Removes the locks whose holder is gone for sure, or every lock there is. One that cannot be read goes only with all.
 * @returns how many were removed
 * @see restic-format.md section 10
 */
export async function removeLocks(
  repository: Repository,
  options: RemoveLocksOptions,
  signal?: AbortSignal,
): Promise<number> {
  const { clock } = repository.context;
  const { hostname } = options;
  const observer: Observer = { nowMs: clock.nowMs(), hostname, processSpace: processSpace(), isProcessAlive };
  let removed = 0;
  for (const { name } of await repository.list("lock", signal)) {
    if (!options.all && !(await isGone(repository, name as Id, observer, signal))) continue;
    await repository.storage.remove({ type: "lock", name }, signal);
    removed += 1;
  }
  return removed;
}

async function isGone(
  repository: Repository,
  id: Id,
  observer: Observer,
  signal: AbortSignal | undefined,
): Promise<boolean> {
  try {
    return isStale(parseLockFile(await repository.loadUnpacked("lock", id, signal)), observer);
  } catch (error) {
    if (isFailure(error, storageErrors.missing)) return false; // released meanwhile
    if (error instanceof HoldfastError && error.kind !== "damaged") throw error;
    signal?.throwIfAborted();
    return false;
  }
}
