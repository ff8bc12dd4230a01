import { goJsonBytes, goJsonText, serialiseSnapshot, shortId } from "@holdfast/engine/repository";
import { modeText } from "../output/mode-text.ts";
import { jsonObject, pathJson, timeMembers, unlessZero } from "../output/node-text.ts";
import type { Terminal } from "../output/terminal.ts";
import type { ListingPrinter } from "./listing-printer.ts";

/** restic's messages: the snapshot, then each entry; `struct_type` is what scripts for its older versions look for. */
export function jsonPrinter(terminal: Terminal): ListingPrinter {
  return {
    snapshot: (snapshot) => {
      const own = Buffer.from(serialiseSnapshot(snapshot)).toString().slice(0, -1);
      const id = `"id":"${snapshot.id}","short_id":"${shortId(snapshot.id)}"`;
      terminal.write(`${own},${id},"message_type":"snapshot","struct_type":"snapshot"}\n`);
    },
    node: (names, node, isListed) => {
      if (!isListed) return;
      const message = jsonObject([
        ["name", goJsonBytes(node.name)],
        ["type", goJsonText(node.type)],
        ["path", pathJson(names)],
        ["uid", String(node.uid)],
        ["gid", String(node.gid)],
        ["size", node.type === "file" ? String(node.size) : undefined],
        ["mode", unlessZero(node.mode)],
        ["permissions", goJsonText(modeText(node.mode))],
        ...timeMembers(node),
        ["inode", unlessZero(node.inode)],
        ["message_type", '"node"'],
        ["struct_type", '"node"'],
      ]);
      terminal.write(`${message}\n`);
    },
    leave: () => {},
    end: () => {},
  };
}
