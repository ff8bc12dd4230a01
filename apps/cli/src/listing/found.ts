import type { FoundObject } from "@holdfast/engine";
import {
  displayPath,
  formatTimestamp,
  goJsonBytes,
  goJsonText,
  shortId,
  type BlobPlace,
  type BlobType,
  type Id,
  type Names,
  type StoredSnapshot,
  type TreeNode,
} from "@holdfast/engine/repository";
import { localTime } from "../output/local-time.ts";
import { modeText } from "../output/mode-text.ts";
import { jsonObject, nodeLine, pathJson, timeMembers, unlessEmpty, unlessZero } from "../output/node-text.ts";
import type { NodeLineOptions } from "../output/node-text.ts";
import type { Terminal } from "../output/terminal.ts";

/** What `find` found, for people. */
export class FoundText {
  readonly #terminal: Terminal;
  readonly #options: NodeLineOptions & { readonly quiet: boolean };
  #latest: StoredSnapshot | undefined;

  constructor(terminal: Terminal, options: NodeLineOptions & { readonly quiet: boolean }) {
    this.#terminal = terminal;
    this.#options = options;
  }

  entry(snapshot: StoredSnapshot, names: Names, node: TreeNode): void {
    if (this.#latest !== snapshot && !this.#options.quiet) {
      const gap = this.#latest === undefined ? "" : "\n";
      const from = `from ${localTime(snapshot.time.ns)}`;
      this.#terminal.write(`${gap}Found matching entries in snapshot ${shortId(snapshot.id)} ${from}\n`);
    }
    this.#latest = snapshot;
    this.#terminal.write(nodeLine(names, node, this.#options));
  }

  object({ type, id, names, parentTree }: FoundObject, snapshot: StoredSnapshot): void {
    const where =
      type === "data"
        ? `Found blob ${id}\n ... in file ${displayPath(names)}\n     (tree ${parentTree})\n`
        : `Found tree ${id}\n ... path ${displayPath(names)}\n`;
    const inSnapshot = ` ... in snapshot ${shortId(snapshot.id)} (${localTime(snapshot.time.ns)})\n`;
    this.#terminal.write(`${where}${inSnapshot}`);
  }

  place({ type, id, place }: { type: BlobType; id: Id; place: BlobPlace | undefined }): void {
    if (place === undefined) {
      this.#terminal.write(`Object ${id} with type ${type} is in no index\n`);
      return;
    }
    const { packId, offset, length, uncompressedLength } = place;
    const where = `offset ${offset}, length ${length}, uncompressed length ${uncompressedLength}`;
    this.#terminal.write(`Object belongs to pack ${packId}\n`);
    this.#terminal.write(` ... Pack ${shortId(packId)}: <Blob (${type}) ${shortId(id)}, ${where}>\n`);
  }
}

/** A found entry with restic's keys: the node without what it is made of. */
export function foundJson(names: Names, node: TreeNode): string {
  return jsonObject([
    ["path", pathJson(names)],
    ["permissions", goJsonText(modeText(node.mode))],
    ["type", goJsonText(node.type)],
    ["mode", unlessZero(node.mode)],
    ...timeMembers(node),
    ["uid", String(node.uid)],
    ["gid", String(node.gid)],
    ["user", unlessEmpty(node.user)],
    ["group", unlessEmpty(node.group)],
    ["inode", unlessZero(node.inode)],
    ["device_id", unlessZero(node.deviceId)],
    ["size", unlessZero(node.size)],
    ["links", unlessZero(node.links)],
    ["linktarget", node.linkTarget.length === 0 ? undefined : goJsonBytes(node.linkTarget)],
    ["error", unlessEmpty(node.error)],
  ]);
}

export function foundObjectJson({ type, id, names, parentTree }: FoundObject, snapshot: StoredSnapshot): string {
  return jsonObject([
    ["object_type", type === "data" ? '"blob"' : '"tree"'],
    ["id", goJsonText(id)],
    ["path", names.length === 0 ? '"/"' : pathJson(names)],
    ["parent_tree", parentTree && goJsonText(parentTree)],
    ["snapshot", goJsonText(snapshot.id)],
    ["time", goJsonText(formatTimestamp(snapshot.time))],
  ]);
}
