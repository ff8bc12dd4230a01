import { compareBytes, HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { isId, type BlobId, type TreeId } from "../id.ts";
import { JsonFault, JsonScanner } from "../json/json-scanner.ts";
import { unquoteName } from "./name-quoting.ts";
import { bareNode, nameFault, nodeTypes, type ExtendedAttribute, type NodeType, type TreeNode } from "./node.ts";
import { parseTimestamp, zeroTimestamp, type Timestamp } from "./timestamp.ts";

/** Something in a tree that no sound writer puts there. */
export interface TreeProblem {
  /** As far as it could be read; empty when it could not. */
  readonly name: Buffer;
  /** What is wrong, to follow the path in a sentence: "comes twice". */
  readonly fault: string;
  /** True when the entry was left out because using it would be wrong or dangerous. */
  readonly isRefused: boolean;
}

export interface TreeReadingOptions {
  /** True: files without content and directories without listing are no faults, for those who mend them. */
  readonly keepsHollow?: boolean;
}

/**
 * The entries of a directory from the bytes of its tree blob, which may come from anybody: restic of any age, rustic,
 * or an attacker. Only entries that are safe to use are yielded: names are single path components, each comes once.
 * One bad entry does not hide the others; it goes to `onProblem` instead.
 *
 * Unknown keys are ignored, missing ones have restic's defaults, 64-bit integers keep all their bits.
 *
 * @throws ENGINE_TREE_DAMAGED before the first entry when the bytes are not a tree at all
 */
export function* treeNodes(
  tree: Uint8Array,
  onProblem: (problem: TreeProblem) => void,
  { keepsHollow = false }: TreeReadingOptions = {},
): Generator<TreeNode> {
  const bytes = Buffer.from(tree.buffer, tree.byteOffset, tree.byteLength);
  const start = listStart(bytes);
  if (start === undefined) return;
  const scanner = new JsonScanner(bytes, start);
  let highest: Buffer | undefined;
  let isSorted = true;
  let seen: Set<string> | undefined;
  let index = 0;
  for (const _ of scanner.items()) {
    const nodeStart = scanner.at;
    const found: { name: Buffer } = { name: Buffer.alloc(0) };
    let node: TreeNode | undefined;
    try {
      node = readNode(scanner, found);
      const fault = nodeFault(node, keepsHollow);
      if (fault !== undefined) throw new JsonFault(fault);
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      node = undefined;
      onProblem({ name: found.name, fault: error.message, isRefused: true });
      scanner.at = nodeStart;
      scanner.skip();
    }
    index += 1;
    if (node === undefined) continue;
    if (highest === undefined || compareBytes(highest, node.name) < 0) {
      highest = node.name;
    } else {
      seen ??= namesBefore(bytes, index - 1);
      if (seen.has(node.name.toString("latin1"))) {
        onProblem({ name: node.name, fault: "comes twice in its directory", isRefused: true });
        continue;
      }
      if (isSorted) onProblem({ name: node.name, fault: "is not in its place in the order", isRefused: false });
      isSorted = false;
    }
    seen?.add(node.name.toString("latin1"));
    yield node;
  }
}

/**
 * Where the array of nodes begins, after the whole blob has been found to be sound JSON. Undefined for null, which restic
 * reads as no nodes.
 */
function listStart(bytes: Buffer): number | undefined {
  let start: number | undefined;
  try {
    const scanner = new JsonScanner(bytes);
    scanner.object((key) => {
      const value = scanner.skip();
      if (key === "nodes") start = value.start;
    });
    scanner.expectEnd();
    if (start === undefined) throw new JsonFault("no list of nodes");
    if (bytes[start] === 0x6e) return undefined;
    if (bytes[start] !== 0x5b) throw new JsonFault("its nodes are no list");
    return start;
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    throw new HoldfastError(engineErrors.treeDamaged, "A directory listing is not what was written.", {
      internal: error.message,
      cause: error,
    });
  }
}

/** Names of the first `count` entries, byte for byte; only asked for when a tree turns out to be unsorted. */
function namesBefore(bytes: Buffer, count: number): Set<string> {
  const names = new Set<string>();
  const scanner = new JsonScanner(bytes, listStart(bytes) ?? bytes.length);
  let index = 0;
  for (const _ of scanner.items()) {
    if (index === count) break;
    index += 1;
    const start = scanner.at;
    try {
      names.add(readNode(scanner, { name: Buffer.alloc(0) }).name.toString("latin1"));
    } catch (error) {
      if (!(error instanceof JsonFault)) throw error;
      scanner.at = start;
      scanner.skip();
    }
  }
  return names;
}

const u32Max = 0xffff_ffffn;
const u64Max = 0xffff_ffff_ffff_ffffn;

type Draft = { -readonly [Key in keyof TreeNode]: TreeNode[Key] };

/** Reads one node. `found` gets the name as soon as it is known, for the report when the rest fails. */
function readNode(scanner: JsonScanner, found: { name: Buffer }): TreeNode {
  const node: Draft = bareNode(found.name, "irregular");
  let hasType = false;
  let rawTarget: Buffer | undefined;
  scanner.object((key) => {
    if (key === "type") {
      node.type = readType(scanner);
      hasType = true;
    } else if (key === "linktarget_raw") rawTarget = readBase64(scanner);
    else readField(scanner, key, node);
    found.name = node.name;
  });
  if (!hasType) throw new JsonFault("has no type");
  if (rawTarget !== undefined) node.linkTarget = rawTarget;
  return node;
}

function readField(scanner: JsonScanner, key: string, node: Draft): void {
  switch (key) {
    case "name":
      node.name = readName(scanner);
      return;
    case "mode":
      node.mode = Number(scanner.unsigned(u32Max));
      return;
    case "mtime":
    case "atime":
    case "ctime":
      node[key] = readTime(scanner);
      return;
    case "uid":
    case "gid":
      node[key] = Number(scanner.unsigned(u32Max));
      return;
    case "user":
    case "group":
    case "error":
      node[key] = scanner.string();
      return;
    case "inode":
    case "size":
    case "links":
    case "device":
      node[key] = scanner.unsigned(u64Max);
      return;
    case "device_id":
      node.deviceId = scanner.unsigned(u64Max);
      return;
    case "linktarget":
      node.linkTarget = Buffer.from(scanner.string());
      return;
    case "extended_attributes":
      node.extendedAttributes = readAttributes(scanner);
      return;
    case "generic_attributes":
      node.genericAttributes = readGenericAttributes(scanner);
      return;
    case "content":
      node.content = readContent(scanner);
      return;
    case "subtree":
      node.subtree = readSubtree(scanner);
      return;
    default:
      scanner.skip();
  }
}

/** What a node of its type must have, and have well-formed, to be of use. */
function nodeFault(node: TreeNode, keepsHollow: boolean): string | undefined {
  const fault = nameFault(node.name);
  if (fault !== undefined) return `has ${fault}`;
  if (node.type === "symlink" && node.linkTarget.includes(0)) return "is a symlink to a name with a zero byte in it";
  if (keepsHollow) return undefined;
  if (node.type === "file" && node.content === undefined) return "is a file without content";
  if (node.type === "dir" && node.subtree === undefined) return "is a directory without listing";
  return undefined;
}

function readName(scanner: JsonScanner): Buffer {
  const name = unquoteName(scanner.string());
  if (name === undefined) throw new JsonFault("has a name that is not quoted as names are");
  return name;
}

function readType(scanner: JsonScanner): NodeType {
  const text = scanner.string();
  const type = nodeTypes.find((known) => known === text);
  if (type === undefined) throw new JsonFault(`has the unknown type "${text.slice(0, 20)}"`);
  return type;
}

let latest = { text: "", time: zeroTimestamp };

/** Most nodes have one time written three times, so the latest is remembered. */
function readTime(scanner: JsonScanner): Timestamp {
  const text = scanner.string();
  if (text === latest.text) return latest.time;
  const time = parseTimestamp(text);
  if (time === undefined) throw new JsonFault("has a time that is none");
  latest = { text, time };
  return time;
}

/** Null stands for none, as rustic and old versions of restic write for everything but directories. */
function readSubtree(scanner: JsonScanner): TreeId | undefined {
  return scanner.acceptNull() ? undefined : readId(scanner);
}

function readId(scanner: JsonScanner): TreeId {
  const id = scanner.string();
  if (!isId(id)) throw new JsonFault("names something by an id that is none");
  return id;
}

function readContent(scanner: JsonScanner): BlobId[] | undefined {
  const content: BlobId[] = [];
  return scanner.array(() => content.push(readId(scanner))) === "null" ? undefined : content;
}

function readBase64(scanner: JsonScanner): Buffer {
  const text = scanner.string();
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) throw new JsonFault("has malformed base64");
  return Buffer.from(text, "base64");
}

function readAttributes(scanner: JsonScanner): ExtendedAttribute[] {
  const attributes: ExtendedAttribute[] = [];
  scanner.array(() => {
    const attribute = { name: Buffer.alloc(0), value: Buffer.alloc(0) };
    scanner.object((key) => {
      if (key === "name") attribute.name = Buffer.from(scanner.string());
      else if (key === "value") attribute.value = readAttributeValue(scanner);
      else scanner.skip();
    });
    if (attribute.name.length === 0 || attribute.name.includes(0)) throw new JsonFault("has an attribute without name");
    attributes.push(attribute);
  });
  return attributes;
}

/** An empty value may be written as null. */
function readAttributeValue(scanner: JsonScanner): Buffer<ArrayBuffer> {
  return scanner.acceptNull() ? Buffer.alloc(0) : Buffer.from(readBase64(scanner));
}

function readGenericAttributes(scanner: JsonScanner): string {
  if (scanner.acceptNull()) return "";
  const text = scanner.text(scanner.skip());
  return text === "{}" ? "" : text;
}
