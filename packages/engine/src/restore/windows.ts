import { MiB } from "@holdfast/base";
import type { BlobId } from "../id.ts";
import type { TreeNode } from "../tree/node.ts";
import type { Names, TreeStep } from "./walk-tree.ts";

const windowBytesMax = 32 * MiB;
const windowStepsMax = 2000;

/** One thing to do in the target. A large file is done in several parts, each some of its chunks. */
export type RestoreStep =
  | { readonly kind: "enter" | "leave" | "other"; readonly names: Names; readonly node: TreeNode }
  | {
      readonly kind: "file";
      readonly names: Names;
      readonly node: TreeNode;
      /** Chunks `from` up to but not including `to`. */
      readonly from: number;
      readonly to: number;
    };

/** Steps in the order of the tree, as many as their chunks fit in memory. */
export interface Window {
  readonly steps: readonly RestoreStep[];
  /** Chunks that the steps will write. */
  readonly ids: ReadonlySet<BlobId>;
}

/**
 * Cuts a walk into windows whose chunks can be fetched together.
 * @param plainBytes length of a chunk
 * @param needsContent whether a file's chunks should be fetched ahead; the rest can still be had one by one
 */
export async function* windowsOf(
  walk: AsyncIterable<TreeStep>,
  plainBytes: (id: BlobId) => number,
  needsContent: (names: Names, node: TreeNode) => boolean,
): AsyncGenerator<Window> {
  let steps: RestoreStep[] = [];
  let ids = new Set<BlobId>();
  let bytes = 0;
  const isFull = () => bytes >= windowBytesMax || steps.length >= windowStepsMax;
  const take = (): Window => {
    const window = { steps, ids };
    [steps, ids, bytes] = [[], new Set(), 0];
    return window;
  };
  for await (const { kind, names, node } of walk) {
    if (kind !== "entry" || node.type !== "file") {
      steps.push({ kind: kind === "entry" ? "other" : kind, names, node });
      if (isFull()) yield take();
      continue;
    }
    const content = node.content ?? [];
    const isFetched = needsContent(names, node);
    let from = 0;
    for (const [at, id] of content.entries()) {
      if (!isFetched || ids.has(id)) continue;
      ids.add(id);
      bytes += plainBytes(id);
      if (bytes < windowBytesMax || at + 1 === content.length) continue;
      steps.push({ kind: "file", names, node, from, to: at + 1 });
      from = at + 1;
      yield take();
    }
    steps.push({ kind: "file", names, node, from, to: content.length });
    if (isFull()) yield take();
  }
  if (steps.length > 0) yield take();
}
