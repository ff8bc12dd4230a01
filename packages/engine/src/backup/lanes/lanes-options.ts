import type { IgnoredChanges } from "../change-detection.ts";
import type { SourceDoor, SourceTwin } from "../source.ts";
import type { KnownTreesHandle } from "../known-trees/known-trees.ts";
import type { LaneNews } from "./lane-tally.ts";

/** What a backup decides about its lanes. */
export interface LanesOptions {
  /** Threads beside the calling one; none makes everything happen in that one. */
  readonly threads: number;
  /** Set when entries of the source have places that other threads can open. */
  readonly twin: SourceTwin | undefined;
  /** How the calling thread opens such places. */
  readonly door: SourceDoor | undefined;
  readonly ignoredChanges: IgnoredChanges;
  /** Tells of each file and directory, not only of their number. */
  readonly tellsItems: boolean;
  /** Notes what directories look like. */
  readonly notesLooks: boolean;
  /** Trees that are known by what their directories looked like. */
  readonly knownTrees: KnownTreesHandle | undefined;
  readonly onNews: (news: LaneNews, lane: number) => void;
}
