import { HoldfastError } from "@holdfast/base";
import {
  findSnapshot,
  listSnapshots,
  matchesFilter,
  type Repository,
  type SnapshotFilter,
  type StoredSnapshot,
} from "@holdfast/engine/repository";
import { cliErrors } from "./errors.ts";

/**
 * The snapshots that a command is about: those named, each once and in the order they were named, or else all that
 * match the filter, oldest first. The filter serves "latest" too, and no other name.
 * @throws ENGINE_SNAPSHOT_MISSING, ENGINE_SNAPSHOT_AMBIGUOUS, CLI_USAGE for a folder behind an id
 */
export async function chosenSnapshots(
  repository: Repository,
  texts: readonly string[],
  filter: SnapshotFilter,
  signal: AbortSignal,
): Promise<StoredSnapshot[]> {
  const withFolder = texts.find((text) => text.includes(":"));
  if (withFolder !== undefined) {
    throw new HoldfastError(cliErrors.usage, `"${withFolder}" names a folder; this command takes whole snapshots.`);
  }
  if (texts.length > 0) {
    const named = await Promise.all(texts.map((text) => findSnapshot(repository, text, filter, signal)));
    return [...new Map(named.map((snapshot) => [snapshot.id, snapshot])).values()];
  }
  const { log } = repository.context;
  const onDamaged = (id: string, error: HoldfastError) =>
    log.warn("a snapshot file is damaged and is left out", { id, code: error.code });
  const all = await listSnapshots(repository, onDamaged, signal);
  return all.filter((snapshot) => matchesFilter(snapshot, filter));
}
