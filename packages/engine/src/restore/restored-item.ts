import type { NodeType } from "../tree/node.ts";
import type { Names } from "./walk-tree.ts";

/** What a restore did with one entry, or would do in a dry run. restic's words. */
export interface RestoredItem {
  readonly action: "restored" | "updated" | "unchanged" | "deleted";
  readonly names: Names;
  readonly type: NodeType;
  /** Of a file's content; 0 for everything else. */
  readonly sizeBytes: number;
}
