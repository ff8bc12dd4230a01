import type { BackupSource, SourceDirectory, SourceEntry, TreeNode } from "@holdfast/engine";
import type { ModelEntry, ModelTree } from "./model-tree.ts";

/** A model as something to back up: what a disk would say of it. */
export function modelSource(tree: ModelTree, path = "/model"): BackupSource {
  return {
    targets: [path],
    excludes: [],
    notKept: undefined,
    open: async () => directoryOf(tree),
    measure: async () => {},
  };
}

function directoryOf(tree: ModelTree): SourceDirectory {
  const names = [...tree.keys()].sort((left, right) => Buffer.compare(bytesOf(left), bytesOf(right)));
  return {
    *entries() {
      for (const name of names) yield entryOf(name, tree.get(name)!);
    },
    close: () => {},
  };
}

function entryOf(name: string, entry: ModelEntry): SourceEntry {
  const node = nodeOf(name, entry);
  if (entry.children !== undefined) {
    const { children } = entry;
    return { kind: "directory", node, open: () => directoryOf(children) };
  }
  if (entry.type !== "file") return { kind: "other", node };
  const open = () => {
    let at = 0;
    return {
      node,
      read: (into: Uint8Array) => {
        const piece = entry.content.subarray(at, at + into.byteLength);
        into.set(piece);
        at += piece.byteLength;
        return piece.byteLength;
      },
      hasChanged: () => false,
      close: () => {},
    };
  };
  return { kind: "file", node, open };
}

/** The node that a backup is to write of an entry, but for what it contains. */
export function nodeOf(name: string, entry: ModelEntry): TreeNode {
  const time = { ns: entry.mtimeNs, offsetS: 0 };
  return {
    name: bytesOf(name),
    type: entry.type,
    mode: entry.mode,
    mtime: time,
    atime: time,
    ctime: time,
    uid: entry.uid,
    gid: entry.gid,
    user: entry.user,
    group: entry.group,
    inode: entry.inode,
    deviceId: entry.inode === 0n ? 0n : 1n,
    size: BigInt(entry.content.byteLength),
    links: entry.type === "dir" ? 0n : entry.inode === 0n ? 1n : 2n,
    linkTarget: entry.linkTarget,
    extendedAttributes: entry.attributes,
    genericAttributes: "",
    device: entry.device,
    content: undefined,
    subtree: undefined,
    error: "",
  };
}

function bytesOf(name: string): Buffer {
  return Buffer.from(name, "latin1");
}
