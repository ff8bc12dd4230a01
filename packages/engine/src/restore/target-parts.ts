import type { AnchoredDirectory } from "../filesystem/anchored-directory.ts";
import type { BlobId } from "../id.ts";
import type { ProblemList } from "../item-problem.ts";
import type { TreeNode } from "../tree/node.ts";
import type { AttributeSelection } from "./attribute-selection.ts";
import type { Crew } from "./crew.ts";
import type { OwnerOf } from "./metadata.ts";
import type { RestoredItem } from "./restored-item.ts";
import type { RestoreTally } from "./restore-tally.ts";
import type { SegmentFetcher } from "./segment-fetcher.ts";
import type { TargetDirectory } from "./target-tree.ts";
import type { Names } from "./walk-tree.ts";

/** What happens to a file that is there already; directories are always entered. restic's `--overwrite`. */
export type OverwriteMode = "always" | "if-changed" | "if-newer" | "never";

export interface TargetParts {
  /** Undefined in a dry run where there is none. */
  readonly top: AnchoredDirectory | undefined;
  readonly overwrite: OverwriteMode;
  readonly isDryRun: boolean;
  /** Leaves zeros unwritten, as holes. */
  readonly isSparse: boolean;
  /** Re-reads each file that was written. */
  readonly isVerified: boolean;
  readonly ownerOf: OwnerOf;
  readonly attributes: AttributeSelection;
  readonly tally: RestoreTally;
  readonly problems: ProblemList;
  readonly plainLength: (id: BlobId) => number | undefined;
  /** Whether a directory is wanted by itself, and not only for something in it. */
  readonly isSelected: (names: Names, node: TreeNode) => boolean;
  readonly onItem: (item: RestoredItem) => void;
  /** Called when the walk leaves a directory, with what is in it and may have to go. */
  readonly onLeave: (directory: TargetDirectory) => void;
  readonly crew: Crew;
  readonly fetcher: SegmentFetcher;
  readonly signal: AbortSignal;
}
