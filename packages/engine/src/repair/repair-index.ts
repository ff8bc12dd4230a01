import type { IndexId, PackId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { surveyIndex, type SurveyProgress } from "./index-survey.ts";
import { replaceIndex } from "./replace-index.ts";

export interface RepairIndexOptions {
  /** Reads the header of every pack instead of those that the index does not fit; default false. */
  readonly readAllPacks?: boolean;
}

export interface IndexRepair {
  /** Packs that were stored and that no index file named; now one does. */
  readonly added: readonly PackId[];
  /** Packs that the index described wrongly. */
  readonly corrected: readonly PackId[];
  /** Packs that the index named and that are gone. What was in them is lost unless the pack comes back. */
  readonly dropped: readonly PackId[];
  /** Index files that could not be read; removed unless a pack is damaged that they may have named. */
  readonly unreadable: readonly IndexId[];
  /** Packs whose headers cannot be read. They stay, and so does what the index said of them. */
  readonly damaged: readonly { readonly id: PackId; readonly isIndexed: boolean; readonly message: string }[];
  readonly indexesWritten: number;
  readonly indexesRemoved: number;
}

/**
 * Makes the index say what the packs say: it gets what it misses and forgets what is gone. Nothing that cannot be read is
 * removed, and no pack is touched at all. A repository whose index is right is left as it is.
 *
 * A pack whose header is damaged keeps its entry, since its blobs may still be whole; restic would drop the entry and
 * them with it. `repairPacks` is for those.
 *
 * @param repository its exclusive lock is held by the caller; a dry run only says what would be done
 * @throws what the storage throws; whenever it ends, every snapshot can be restored that could be before
 * @see restic-format section 16
 */
export async function repairIndex(
  repository: Repository,
  options: RepairIndexOptions = {},
  onProgress: (progress: SurveyProgress) => void = () => {},
  signal?: AbortSignal,
): Promise<IndexRepair> {
  const survey = await surveyIndex(repository, options.readAllPacks ?? false, onProgress, signal);
  const { unreadable, found, corrected, gone, damaged } = survey;
  const { repeatedPacks, splitPacks } = repository.indexNotes();
  // An unreadable index file may be the last to know what lies in a pack that cannot say so itself.
  const isOneMute = damaged.some(({ isIndexed }) => !isIndexed);
  const replacement = await replaceIndex(
    repository,
    {
      drop: [...gone, ...corrected.map(({ id }) => id)],
      add: [...found, ...corrected],
      removeUnreadable: isOneMute ? [] : unreadable,
      isTidied: repeatedPacks.length > 0 || splitPacks.length > 0,
    },
    signal,
  );
  await repository.loadIndex(signal, () => {});
  return {
    added: found.map(({ id }) => id),
    corrected: corrected.map(({ id }) => id),
    dropped: gone,
    unreadable,
    damaged,
    indexesWritten: replacement.written,
    indexesRemoved: replacement.removed,
  };
}
