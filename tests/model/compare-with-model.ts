import { isDeepStrictEqual } from "node:util";
import { concatBytes } from "@holdfast/base";
import { loadSnapshot, readFile, walkTree, type Repository, type SnapshotId, type TreeNode } from "@holdfast/engine";
import { nodeOf } from "./model-source.ts";
import type { ModelTree } from "./model-tree.ts";

/**
 * Reads a snapshot through the engine and holds it against the model, bit for bit: names, types, every piece of
 * metadata, every byte of content, and nothing missing or besides.
 * @returns the first difference in words, or undefined
 * @throws what reading throws
 */
export async function differenceFromModel(
  repository: Repository,
  snapshotId: SnapshotId,
  model: ModelTree,
): Promise<string | undefined> {
  const { tree } = await loadSnapshot(repository, snapshotId);
  const onFault = (_: unknown, error: Error) => {
    throw error;
  };
  const levels: { readonly model: ModelTree; readonly seen: Set<string> }[] = [{ model, seen: new Set() }];
  for await (const { kind, names, node } of walkTree(repository, tree, { onFault })) {
    const level = levels.at(-1)!;
    if (kind === "leave") {
      levels.pop();
      const missing = missingOf(level);
      if (missing !== undefined) return missing;
      continue;
    }
    const name = node.name.toString("latin1");
    const path = names.map((part) => part.toString("latin1")).join("/");
    const expected = level.model.get(name);
    if (expected === undefined) return `${JSON.stringify(path)} was never backed up`;
    level.seen.add(name);
    const wanted = { ...nodeOf(name, expected), content: node.content, subtree: node.subtree };
    if (!isDeepStrictEqual(plain(node), plain(wanted))) return `${JSON.stringify(path)} has other metadata`;
    if (kind === "enter") levels.push({ model: expected.children ?? new Map(), seen: new Set() });
    if (node.type !== "file") continue;
    const content = concatBytes(await Array.fromAsync(readFile(repository, node)));
    if (Buffer.compare(content, expected.content) !== 0) return `${JSON.stringify(path)} has other content`;
  }
  return missingOf(levels[0]!);
}

function missingOf({
  model,
  seen,
}: {
  readonly model: ModelTree;
  readonly seen: ReadonlySet<string>;
}): string | undefined {
  const missing = [...model.keys()].find((name) => !seen.has(name));
  return missing === undefined ? undefined : `${JSON.stringify(missing)} is missing`;
}

/** Without what the model does not say: the zone of a time is how it is written, not when it is. */
function plain(node: TreeNode): unknown {
  const { mtime, atime, ctime, ...rest } = node;
  return { ...rest, mtime: mtime.ns, atime: atime.ns, ctime: ctime.ns };
}
