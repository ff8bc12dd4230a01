import { localOffsetS } from "../../tree/timestamp.ts";
import type { Repository } from "../../repository/repository.ts";
import type { BackupSource } from "../source.ts";
import { KnownTrees } from "./known-trees.ts";
import { TreeRows } from "./tree-rows.ts";

/** What one backup takes from the last one's looks, and leaves to the next. */
export interface RememberedTrees {
  /** Undefined when nothing is known, or nothing may be concluded. */
  readonly known: KnownTrees | undefined;
  readonly looks: TreeRows;
  /** Keeps what was noted, when the repository's index is stored. */
  keep(): Promise<void>;
}

/**
 * What this machine remembers of a source's directories in a repository; undefined where it may remember nothing.
 * @param repository its index is loaded
 * @param isTrusted whether what is remembered may take the place of listing
 */
export async function rememberedTrees(
  repository: Repository,
  { lookKey }: BackupSource,
  isTrusted: boolean,
): Promise<RememberedTrees | undefined> {
  const { treeMemory, isDryRun } = repository;
  if (treeMemory === undefined || lookKey === undefined) return undefined;
  const name = JSON.stringify([lookKey, zoneOffsets()]);
  const files = () => repository.wholeIndex.files;
  const image = isTrusted ? await treeMemory.load(name, (id) => files().has(id)) : undefined;
  const known = image && KnownTrees.of(image);
  const looks = new TreeRows();
  const keep = async () => {
    if (isDryRun || looks.size === 0) return;
    if (known !== undefined) looks.addConfirmed(known);
    await treeMemory.keep(name, [...files().keys()], looks.image());
  };
  return { known, looks, keep };
}

const [firstYear, lastYear] = [1970, 2037];

/** Tells zones apart, for listings have their times in one: offsets in winter and summer of every year. */
function zoneOffsets(): number[] {
  const offsets: number[] = [];
  for (let year = firstYear; year <= lastYear; year += 1)
    for (const month of [0, 6]) offsets.push(localOffsetS(Date.UTC(year, month) / 1000));
  return offsets;
}
