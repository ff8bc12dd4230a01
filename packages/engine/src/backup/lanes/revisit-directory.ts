import { assert, systemCodeOf } from "@holdfast/base";
import { displayPath } from "../../tree/name-quoting.ts";
import type { KnownTrees } from "../known-trees/known-trees.ts";
import type { LookedDirectory, SourceDirectory } from "../source.ts";
import type { Lane } from "./lane.ts";
import { LocalPlace } from "./local-place.ts";
import type { RevisitDone, RevisitTask, UnsettledDirectory } from "./tasks.ts";

/** Directories with more entries than that below them are for other threads. */
const entriesBelowMax = 2048;

/**
 * Looks whether a directory is as the parent snapshot has it, and goes down into those of its subdirectories that are
 * small. Neither its listing is read nor a new one made. Yields now and then.
 *
 * @param task its tree is known
 * @param keep takes a directory in which something is to be opened by others, and answers with its number
 */
export function revisitDirectory(
  lane: Lane,
  open: () => SourceDirectory,
  { tree, path }: RevisitTask,
  keep: (directory: SourceDirectory) => number,
): Generator<undefined, RevisitDone> {
  const { knownTrees } = lane;
  assert(knownTrees !== undefined, "a directory is revisited where trees are known");
  return revisit({ lane, knownTrees, keep }, open, knownTrees.find(tree), () => path);
}

interface Visit {
  readonly lane: Lane;
  readonly knownTrees: KnownTrees;
  readonly keep: (directory: SourceDirectory) => number;
}

/**
 * @param row of its tree; -1 when that is not known
 * @param path as text for people, which is seldom wanted
 */
function* revisit(
  visit: Visit,
  open: () => SourceDirectory,
  row: number,
  path: () => string,
): Generator<undefined, RevisitDone> {
  if (row < 0) return "changed";
  const { lane, knownTrees } = visit;
  const directory = tryOpen(open);
  const look = directory?.look?.();
  if (directory === undefined || look === undefined || knownTrees.digestAt(row) !== look.digest) {
    directory?.close();
    return "changed";
  }
  const unsettled: UnsettledDirectory[] = [];
  let isKept = false;
  try {
    const isAlike = knownTrees.childCount(row) === look.directories.length;
    assert(isAlike, "directories that look the same have the same subdirectories");
    for (const [number, inner] of look.directories.entries()) {
      yield undefined;
      const innerRow = knownTrees.childRow(row, number);
      const isLarge = innerRow >= 0 && knownTrees.entriesBelowAt(innerRow) > entriesBelowMax;
      const innerPath = () => `${path()}${displayPath([inner.name])}`;
      const seen = isLarge ? undefined : yield* revisit(visit, () => inner.open(), innerRow, innerPath);
      if (seen === "same") lane.tally.add("dirsUnmodified", 1);
      else {
        const tree = knownTrees.child(row, number);
        unsettled.push({ number, place: placeOf(lane, inner), path: innerPath(), tree, seen });
      }
    }
    const { files, fileBytes } = look;
    if (unsettled.length > 0) {
      isKept = true;
      return { tree: knownTrees.treeAt(row), files, fileBytes, unsettled, handle: visit.keep(directory) };
    }
    lane.tally.unchangedFiles(files, fileBytes);
    knownTrees.confirm(row);
    return "same";
  } finally {
    if (!isKept) directory.close();
  }
}

/** @returns undefined when it cannot be opened: whoever lists it tells why */
function tryOpen(open: () => SourceDirectory): SourceDirectory | undefined {
  try {
    return open();
  } catch (error) {
    if (systemCodeOf(error) === undefined) throw error;
    return undefined;
  }
}

function placeOf(lane: Lane, inner: LookedDirectory): unknown {
  return (lane.settings.hasPlaces ? inner.place : undefined) ?? new LocalPlace(() => inner.open());
}
