import { compareBytes } from "@holdfast/base";
import type { Names, TreeNode } from "@holdfast/engine";
import { fileBytes } from "../output/node-text.ts";
import type { ListingPrinter } from "./listing-printer.ts";

export const sortModes = ["name", "size", "time", "mtime", "atime", "ctime", "extension"] as const;
export type SortMode = (typeof sortModes)[number];

interface Entry {
  readonly names: Names;
  readonly node: TreeNode;
  readonly path: Buffer;
}

/** Gathers all entries before it prints any: the listing of a whole snapshot has to fit into memory. */
export function sortedPrinter(printer: ListingPrinter, mode: SortMode, isReversed: boolean): ListingPrinter {
  const entries: Entry[] = [];
  return {
    snapshot: (snapshot) => printer.snapshot(snapshot),
    node: (names, node, isListed) => {
      if (isListed) entries.push({ names, node, path: Buffer.concat(names.flatMap((name) => [slash, name])) });
    },
    leave: () => {},
    end: () => {
      const compare = comparisons[mode];
      if (compare !== undefined) entries.sort((l, r) => compare(l, r) || compareBytes(l.path, r.path));
      if (isReversed) entries.reverse();
      for (const { names, node } of entries) printer.node(names, node, true);
      printer.end();
    },
  };
}

const slash = Buffer.from("/");

const byTime = (key: "mtime" | "atime" | "ctime") => (left: Entry, right: Entry) =>
  order(left.node[key].ns, right.node[key].ns);

/** By name is the order of the walk. */
const comparisons: Readonly<Record<SortMode, ((left: Entry, right: Entry) => number) | undefined>> = {
  name: undefined,
  size: (left, right) => order(fileBytes(left.node), fileBytes(right.node)),
  time: byTime("mtime"),
  mtime: byTime("mtime"),
  atime: byTime("atime"),
  ctime: byTime("ctime"),
  extension: (left, right) => compareBytes(extensionOf(left.names), extensionOf(right.names)),
};

function order(left: bigint, right: bigint): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

/** From the last dot of the last name on; nothing where there is none. */
function extensionOf(names: Names): Buffer {
  const name = names.at(-1)!;
  const dot = name.lastIndexOf(0x2e);
  return dot < 0 ? Buffer.alloc(0) : name.subarray(dot);
}
