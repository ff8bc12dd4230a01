import { localTimestamp } from "../tree/timestamp.ts";
import { bareNode, type TreeNode } from "../tree/node.ts";
import type { BackupSource, SourceDirectory, SourceEntry, SourceFile } from "./source.ts";

/** A file, its content and whatever else a test wants to say about it. */
export interface MemoryFile {
  readonly content: Uint8Array | string;
  readonly node?: Partial<TreeNode>;
  /** Thrown when it is opened, or after so many bytes were read. */
  readonly openFault?: Error;
  readonly readFault?: { readonly afterBytes: number; readonly error: Error };
  readonly changesWhileRead?: boolean;
}

export interface MemoryDirectory {
  readonly [name: string]: MemoryFile | MemoryDirectory | string;
}

export interface MemorySource extends BackupSource {
  /** Names of the files that were opened, in order. */
  readonly opened: readonly string[];
  /** Files that are open now, and the most that were at once. */
  readonly openFiles: number;
  readonly openFilesMax: number;
  readonly openDirectories: number;
}

const someTime = localTimestamp(1_767_225_600_123_456_789n);

/** A source that lies in memory and counts what is done with it. Names are bytes, one character each (latin1). */
export function memorySource(top: MemoryDirectory, path = "/source"): MemorySource {
  const opened: string[] = [];
  let [openFiles, openFilesMax, openDirectories] = [0, 0, 0];
  let inode = 1n;

  const openFile = (file: MemoryFile, node: TreeNode): SourceFile => {
    if (file.openFault !== undefined) throw file.openFault;
    openFiles += 1;
    openFilesMax = Math.max(openFilesMax, openFiles);
    const bytes = Buffer.from(file.content);
    let at = 0;
    return {
      node,
      read: (into) => {
        if (file.readFault !== undefined && at >= file.readFault.afterBytes) throw file.readFault.error;
        const end = Math.min(bytes.length, file.readFault?.afterBytes ?? bytes.length);
        const copied = bytes.copy(into, 0, at, end);
        at += copied;
        return copied;
      },
      hasChanged: () => file.changesWhileRead ?? false,
      close: () => (openFiles -= 1),
    };
  };

  const openDirectory = (directory: MemoryDirectory): SourceDirectory => {
    openDirectories += 1;
    return {
      *entries(): Generator<SourceEntry> {
        for (const name of Object.keys(directory).sort()) yield entryOf(name, directory[name]!);
      },
      close: () => (openDirectories -= 1),
    };
  };

  const entryOf = (name: string, content: MemoryFile | MemoryDirectory | string): SourceEntry => {
    const file = typeof content === "string" ? { content } : content;
    const times = { mtime: someTime, atime: someTime, ctime: someTime };
    const place = { ...times, inode: inode++, deviceId: 1n };
    if (isFile(file)) {
      const size = BigInt(Buffer.from(file.content).length);
      const bare = { ...bareNode(Buffer.from(name, "latin1"), "file"), ...place, mode: 0o644, size, links: 1n };
      const node = { ...bare, ...file.node };
      const open = () => {
        opened.push(name);
        return openFile(file, node);
      };
      return { kind: "file", node, open };
    }
    const node = { ...bareNode(Buffer.from(name, "latin1"), "dir"), ...place };
    return { kind: "directory", node, open: () => openDirectory(file) };
  };

  return {
    targets: [path],
    excludes: [],
    notKept: undefined,
    open: async () => {
      inode = 1n;
      return openDirectory(top);
    },
    measure: async () => {},
    opened,
    get openFiles() {
      return openFiles;
    },
    get openFilesMax() {
      return openFilesMax;
    },
    get openDirectories() {
      return openDirectories;
    },
  };
}

function isFile(content: MemoryFile | MemoryDirectory): content is MemoryFile {
  return typeof content["content"] === "string" || content["content"] instanceof Uint8Array;
}
