import { assert, systemCodeOf } from "@holdfast/base";
import { displayPath } from "../../tree/name-quoting.ts";
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
export function* revisitDirectory(
  lane: Lane,
  open: () => SourceDirectory,
  task: RevisitTask,
  keep: (directory: SourceDirectory) => number,
): Generator<undefined, RevisitDone> {
  const { knownTrees } = lane;
  assert(knownTrees !== undefined, "a directory is revisited where trees are known");
  const directory = tryOpen(open);
  const row = knownTrees.find(task.tree);
  const look = directory?.look?.();
  if (directory === undefined || look === undefined || row < 0 || knownTrees.digestAt(row) !== look.digest) {
    directory?.close();
    return "changed";
  }
  const trees = knownTrees.childrenAt(row);
  const unsettled: UnsettledDirectory[] = [];
  let isKept = false;
  try {
    assert(trees.length === look.directories.length, "directories that look the same have the same subdirectories");
    for (const [number, inner] of look.directories.entries()) {
      yield undefined;
      const innerTask = { kind: "revisit", place: undefined, path: pathOf(task, inner), tree: trees[number]! } as const;
      const isLarge = knownTrees.entriesBelow(innerTask.tree) > entriesBelowMax;
      const seen = isLarge ? undefined : yield* revisitDirectory(lane, () => inner.open(), innerTask, keep);
      if (seen === "same") lane.tally.add("dirsUnmodified", 1);
      else unsettled.push({ number, place: placeOf(lane, inner), path: innerTask.path, tree: innerTask.tree, seen });
    }
    const { files, fileBytes } = look;
    if (unsettled.length > 0) {
      isKept = true;
      return { tree: task.tree, files, fileBytes, unsettled, handle: keep(directory) };
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

function pathOf({ path }: RevisitTask, { name }: LookedDirectory): string {
  return `${path}${displayPath([name])}`;
}
