import type { IndexId, PackId } from "../id.ts";
import { indexFileGroups, planIndexRewrite } from "../prune/index-rewrite.ts";
import { removeFiles } from "../prune/remove-files.ts";
import { saveProvenIndex } from "../repository/read-back.ts";
import type { Repository } from "../repository/repository.ts";
import type { NamedPack } from "./index-survey.ts";

/** What the index is to say from now on. */
export interface IndexChange {
  /** Packs that no index file shall name any more, whatever the index says of them now. */
  readonly drop: readonly PackId[];
  /** Packs to be named as given here. One that the index knows otherwise stands in `drop` as well. */
  readonly add: readonly NamedPack[];
  /** Index files that cannot be read, to be removed when nothing is lost with them. */
  readonly removeUnreadable: readonly IndexId[];
  /** Also puts packs right that several entries name. */
  readonly isTidied: boolean;
}

export interface IndexReplacement {
  readonly written: number;
  readonly removed: number;
  /** Old index files that the storage would not let go: what they name must stay. */
  readonly refused: number;
}

/**
 * Writes what the index lacks, reads it back, and only then removes what the new files replace: killed in between, a
 * pack is named twice at worst, which is harmless and put right by the next run.
 *
 * @throws ENGINE_FILE_DAMAGED when a new index file does not read back; then no old one was removed
 */
export async function replaceIndex(
  repository: Repository,
  { drop, add, removeUnreadable, isTidied }: IndexChange,
  signal?: AbortSignal,
): Promise<IndexReplacement> {
  const index = repository.wholeIndex;
  const leaving = new Uint8Array(index.packCount);
  for (const id of drop) if (index.packNumber(id) >= 0) leaving[index.packNumber(id)] = 1;
  const isOldTouched = leaving.includes(1) || isTidied;
  const { obsolete, named } = isOldTouched
    ? planIndexRewrite(index, leaving, repository.indexNotes().splitPacks)
    : { obsolete: [], named: leaving };

  let written = 0;
  for (const group of indexFileGroups(
    both(
      index.packs((pack) => named[pack] === 1),
      add,
    ),
  )) {
    await saveProvenIndex(repository, group, signal);
    written += 1;
  }
  const old = [...obsolete, ...removeUnreadable];
  const refused = await removeFiles(repository, "index", old, signal);
  return { written, removed: old.length - refused.size, refused: refused.size };
}

function* both(left: Iterable<NamedPack>, right: Iterable<NamedPack>): Generator<NamedPack> {
  yield* left;
  yield* right;
}
