import type { IndexId, PackId } from "../id.ts";
import { saveProvenIndex } from "../repository/read-back.ts";
import type { Repository } from "../repository/repository.ts";
import type { WholeIndex } from "../repository/whole-index.ts";
import { BlobMarks } from "./blob-marks.ts";
import { indexFileGroups, planIndexRewrite } from "./index-rewrite.ts";
import { leavingPacks } from "./leaving-packs.ts";
import { markUsed } from "./mark-used.ts";
import { listPacks } from "./pack-listing.ts";
import type { PrunePlan } from "./prune-plan.ts";
import { removeFiles } from "./remove-files.ts";
import { soundSnapshots } from "./sound-snapshots.ts";
import type { Survey } from "./survey.ts";

export interface CommitResult {
  readonly packsRemoved: number;
  /** Packs of the plan that a snapshot needs which came after it; they stay. */
  readonly packsSpared: number;
  /** Files that the storage did not let go, as under an object lock. */
  readonly filesRefused: number;
}

/**
 * Removes what a plan says, as far as it is still true. Whatever happened since the survey is looked at again:
 * snapshots first, then the index, then the packs. Then new index files, old index files, packs: killed in between, the
 * repository is whole and the next prune goes on.
 *
 * @param isTight frees space before it needs any: for a disk that is full
 * @throws ENGINE_PRUNE_REFUSED; then nothing was removed
 * @see docs/adr/0011-prune-under-a-short-lock.md; the caller holds the exclusive lock
 */
export async function commitPrune(
  repository: Repository,
  survey: Survey,
  plan: PrunePlan,
  isTight: boolean,
  signal?: AbortSignal,
): Promise<CommitResult> {
  const snapshots = await soundSnapshots(repository, signal);
  await repository.loadIndex(signal);
  const index = repository.wholeIndex;
  const isSameIndex = index === survey.index;
  const marks = isSameIndex ? survey.marks : new BlobMarks(); // numbers of another index mean other blobs
  const unmarked = snapshots.filter(({ id }) => !isSameIndex || !survey.snapshots.has(id));
  const listing = await listPacks(repository, signal);
  await markUsed(repository, unmarked, marks, () => {}, signal);
  const leaving = leavingPacks(index, marks, listing, plan);
  const packsSpared = [...plan.repack, ...plan.remove].filter((id) => leaving[index.packNumber(id)] === 0).length;

  const removal = new Removal(repository, index, signal);
  await removal.removePacks(listing.unindexed.map(({ id }) => id));
  const { obsolete, named } = planIndexRewrite(index, leaving, repository.indexNotes().splitPacks);
  const isGoing = (pack: number) => leaving[pack] === 1 && listing.sizes[pack]! >= 0;
  if (isTight) await removal.oneByOne(obsolete, named, isGoing);
  else {
    for (const group of indexFileGroups(index.packs((pack) => named[pack] === 1)))
      await saveProvenIndex(repository, group, signal);
    await removal.removeIndexFiles(obsolete);
    await removal.removeUnnamed(isGoing);
  }
  return { packsRemoved: removal.packsRemoved, packsSpared, filesRefused: removal.filesRefused };
}

/** Removes index files and packs, never a pack that an index file still names: a backup would build on it. */
class Removal {
  packsRemoved = 0;
  filesRefused = 0;
  readonly #repository: Repository;
  readonly #index: WholeIndex;
  readonly #signal: AbortSignal | undefined;
  readonly #removedFiles = new Set<IndexId>();
  readonly #handledPacks = new Set<PackId>();

  constructor(repository: Repository, index: WholeIndex, signal: AbortSignal | undefined) {
    this.#repository = repository;
    this.#index = index;
    this.#signal = signal;
  }

  async removePacks(ids: readonly PackId[]): Promise<void> {
    const refused = await removeFiles(this.#repository, "pack", ids, this.#signal);
    this.packsRemoved += ids.length - refused.size;
    this.filesRefused += refused.size;
  }

  async removeIndexFiles(ids: readonly IndexId[]): Promise<void> {
    const refused = await removeFiles(this.#repository, "index", ids, this.#signal);
    this.filesRefused += refused.size;
    for (const id of ids) if (!refused.has(id)) this.#removedFiles.add(id);
  }

  /** Removes the going packs that no index file names any more. */
  async removeUnnamed(isGoing: (pack: number) => boolean): Promise<void> {
    const isNamed = new Uint8Array(this.#index.packCount);
    for (const [file, packs] of this.#index.files) {
      if (!this.#removedFiles.has(file)) for (const pack of packs) isNamed[pack] = 1;
    }
    const ids: PackId[] = [];
    for (let pack = 0; pack < isNamed.length; pack += 1) {
      const id = isGoing(pack) && isNamed[pack] === 0 ? this.#index.packId(pack) : undefined;
      if (id !== undefined && !this.#handledPacks.has(id)) ids.push(id);
    }
    for (const id of ids) this.#handledPacks.add(id);
    await this.removePacks(ids);
  }

  /** One index file after the other, with its packs: those first that need the least written in their place. */
  async oneByOne(obsolete: readonly IndexId[], named: Uint8Array, isGoing: (pack: number) => boolean): Promise<void> {
    const staying = (file: IndexId) => this.#index.files.get(file)!.filter((pack) => named[pack] === 1);
    const order = obsolete.toSorted((left, right) => staying(left).length - staying(right).length);
    for (const file of order) {
      const packs = new Set(staying(file));
      for (const group of indexFileGroups(this.#index.packs((pack) => packs.has(pack))))
        await saveProvenIndex(this.#repository, group, this.#signal);
      for (const pack of packs) named[pack] = 0; // the next file need not name it again
      await this.removeIndexFiles([file]);
      await this.removeUnnamed(isGoing);
    }
  }
}
