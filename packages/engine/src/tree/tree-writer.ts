import { isUtf8 } from "node:buffer";
import { assert, compareBytes, KiB } from "@holdfast/base";
import { goJsonBytes, goJsonText } from "./go-json.ts";
import { quoteName } from "./name-quoting.ts";
import type { ExtendedAttribute, TreeNode } from "./node.ts";
import { formatTimestamp, type Timestamp } from "./timestamp.ts";

const flushLength = 64 * KiB;

/**
 * Builds the bytes of a tree blob, equal to restic's for equal nodes, so that both give a directory the same id.
 * Nodes are added in ascending order of their names' bytes; memory grows with the bytes only, not with nodes.
 * @see restic-format section 8; compared with restic itself in tests/interop
 */
export class TreeWriter {
  #text = '{"nodes":[';
  readonly #expectedBytes: number;
  /** The blob so far but for `#text`, and room for more; none before there is much of it. */
  #bytes: Buffer | undefined;
  #length = 0;
  #last: Buffer | undefined;

  /** @param expectedBytes about how long the blob will be: a large one is then written where it stays */
  constructor(expectedBytes = 0) {
    this.#expectedBytes = expectedBytes;
  }

  add(node: TreeNode): void {
    if (this.#last === undefined) this.#text += nodeJson(node);
    else {
      assert(compareBytes(this.#last, node.name) < 0, "a tree's nodes are added in ascending order of their names");
      this.#text += `,${nodeJson(node)}`;
    }
    this.#last = node.name;
    if (this.#text.length >= flushLength) this.#flush();
  }

  /** The whole blob. The writer is used up. */
  finish(): Buffer {
    this.#text += "]}\n";
    if (this.#bytes === undefined) return Buffer.from(this.#text);
    this.#flush();
    return this.#bytes.subarray(0, this.#length);
  }

  #flush(): void {
    const length = this.#length + Buffer.byteLength(this.#text);
    this.#bytes ??= Buffer.allocUnsafeSlow(Math.max(length, this.#expectedBytes));
    if (length > this.#bytes.length) {
      const larger = Buffer.allocUnsafeSlow(2 * length);
      this.#bytes.copy(larger, 0, 0, this.#length);
      this.#bytes = larger;
    }
    this.#bytes.write(this.#text, this.#length);
    this.#length = length;
    this.#text = "";
  }
}

/** The bytes of a tree blob. `nodes` ascend by the bytes of their names. */
export function serialiseTree(nodes: Iterable<TreeNode>): Buffer {
  const writer = new TreeWriter();
  for (const node of nodes) writer.add(node);
  return writer.finish();
}

/** One node as restic writes it: its keys, their order, and which of them are left out when empty. */
export function nodeJson(node: TreeNode): string {
  let json = `{"name":${goJsonText(quoteName(node.name))},"type":"${node.type}"`;
  if (node.mode !== 0) json += `,"mode":${node.mode}`;
  const mtime = formatTimestamp(node.mtime);
  const atime = isSameTime(node.atime, node.mtime) ? mtime : formatTimestamp(node.atime);
  const ctime = isSameTime(node.ctime, node.mtime) ? mtime : formatTimestamp(node.ctime);
  json += `,"mtime":"${mtime}","atime":"${atime}","ctime":"${ctime}"`;
  json += `,"uid":${node.uid},"gid":${node.gid}`;
  if (node.user !== "") json += `,"user":${goJsonText(node.user)}`;
  if (node.group !== "") json += `,"group":${goJsonText(node.group)}`;
  if (node.inode !== 0n) json += `,"inode":${node.inode}`;
  if (node.deviceId !== 0n) json += `,"device_id":${node.deviceId}`;
  if (node.size !== 0n) json += `,"size":${node.size}`;
  if (node.links !== 0n) json += `,"links":${node.links}`;
  if (node.linkTarget.length > 0) {
    json += `,"linktarget":${goJsonBytes(node.linkTarget)}`;
    if (!isUtf8(node.linkTarget)) json += `,"linktarget_raw":"${node.linkTarget.toString("base64")}"`;
  }
  if (node.extendedAttributes.length > 0) {
    json += `,"extended_attributes":[${node.extendedAttributes.map(attributeJson).join(",")}]`;
  }
  if (node.genericAttributes !== "") json += `,"generic_attributes":${node.genericAttributes}`;
  if (node.device !== 0n) json += `,"device":${node.device}`;
  json += node.content === undefined ? `,"content":null` : `,"content":[${contentJson(node.content)}]`;
  if (node.subtree !== undefined) json += `,"subtree":"${node.subtree}"`;
  if (node.error !== "") json += `,"error":${goJsonText(node.error)}`;
  return `${json}}`;
}

function isSameTime(left: Timestamp, right: Timestamp): boolean {
  return left === right || (left.ns === right.ns && left.offsetS === right.offsetS);
}

function contentJson(content: readonly string[]): string {
  return content.length === 0 ? "" : `"${content.join('","')}"`;
}

function attributeJson(attribute: ExtendedAttribute): string {
  return `{"name":${goJsonBytes(attribute.name)},"value":"${attribute.value.toString("base64")}"}`;
}
