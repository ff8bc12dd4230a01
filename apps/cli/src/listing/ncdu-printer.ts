import { goJsonBytes, permissionsOf, serialiseSnapshot, type TreeNode } from "@holdfast/engine/repository";
import { fileBytes, jsonObject } from "../output/node-text.ts";
import type { Terminal } from "../output/terminal.ts";
import type { ListingPrinter } from "./listing-printer.ts";

const blockBytes = 512n;
const nsPerSecond = 1_000_000_000n;

/** What `ncdu -f -` reads: nested arrays, a folder's own entry first. @see dev.yorhel.nl/ncdu/jsonfmt */
export function ncduPrinter(terminal: Terminal): ListingPrinter {
  let depth = 1;
  const indent = (levels: number) => "  ".repeat(levels);
  return {
    snapshot: (snapshot) => {
      const { id: _, ...own } = snapshot;
      terminal.write(`[1, 2, ${Buffer.from(serialiseSnapshot(own))}, [{"name":"/"}`);
    },
    node: (_names, node) => {
      if (node.type !== "dir") {
        terminal.write(`,\n${indent(depth)}${ncduNode(node)}`);
        return;
      }
      terminal.write(`,\n${indent(depth)}[\n${indent(depth + 1)}${ncduNode(node)}`);
      depth += 1;
    },
    leave: () => {
      depth -= 1;
      terminal.write(`\n${indent(depth)}]`);
    },
    end: () => terminal.write("\n]\n]\n"),
  };
}

function ncduNode(node: TreeNode): string {
  const bytes = fileBytes(node);
  const mtimeS = node.mtime.ns / nsPerSecond;
  return jsonObject([
    ["name", goJsonBytes(node.name)],
    ["asize", String(bytes)],
    ["dsize", String(((bytes + blockBytes - 1n) / blockBytes) * blockBytes)],
    ["dev", String(node.deviceId)],
    ["ino", String(node.inode)],
    ["nlink", String(node.links)],
    ["notreg", String(node.type !== "dir" && node.type !== "file")],
    ["uid", String(node.uid)],
    ["gid", String(node.gid)],
    ["mode", String(permissionsOf(node.mode))],
    ["mtime", String(mtimeS < 0n ? 0n : mtimeS)], // ncdu knows no time before 1970
  ]);
}
