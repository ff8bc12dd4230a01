import { minuteMs, type HoldfastError } from "@holdfast/base";
import type { TreeId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import type { Names } from "../restore/walk-tree.ts";
import { matchesFilter, type SnapshotFilter } from "../snapshot/find.ts";
import { listSnapshots } from "../snapshot/snapshot-store.ts";
import type { TreeNode } from "../tree/node.ts";
import { zeroTimestamp, type Timestamp } from "../tree/timestamp.ts";
import { BlobCache } from "./blob-cache.ts";
import { DirectoryCache } from "./directory-cache.ts";
import { FileView } from "./file-view.ts";
import { snapshotFolders, type FolderTemplates, type SnapshotFolder } from "./snapshot-folders.ts";

/** Snapshots that came since are seen after this long. */
const reloadAfterMs = minuteMs;

/** Something that can be looked at: a folder above the snapshots, or an entry of one. */
export interface ViewEntry {
  /** Bytes; empty for the top. */
  readonly name: Buffer;
  readonly kind: "directory" | "file";
  readonly mtime: Timestamp;
  /** Of a file, as its node says; a symlink is as large as its target is long. */
  readonly sizeBytes: number;
}

/** A repository as a tree of folders: snapshots in the folders of the templates, and below each what it holds. */
export class RepositoryView {
  readonly #repository: Repository;
  readonly #filter: SnapshotFilter;
  readonly #templates: FolderTemplates;
  readonly #blobs: BlobCache;
  readonly #directories: DirectoryCache;
  readonly #files = new WeakMap<TreeNode, FileView>();
  #folders: SnapshotFolder | undefined;
  #loadedAtMs = 0;
  #loading: Promise<SnapshotFolder> | undefined;
  #known = "";

  constructor(repository: Repository, filter: SnapshotFilter, templates: FolderTemplates) {
    this.#repository = repository;
    this.#filter = filter;
    this.#templates = templates;
    this.#blobs = new BlobCache(repository);
    this.#directories = new DirectoryCache(this.#blobs);
  }

  /** What is at a path, or undefined. @throws what loading trees and snapshots throws */
  async find(names: Names): Promise<ViewEntry | undefined> {
    const found = await this.#resolve(names);
    if (found === undefined) return undefined;
    const name = names.at(-1) ?? Buffer.alloc(0);
    return "node" in found ? entryOf(found.node) : folderEntry(name, found.folder);
  }

  /** What lies in a folder; undefined when there is none. Devices, pipes and sockets are left out. */
  async list(names: Names): Promise<Iterable<ViewEntry> | undefined> {
    const found = await this.#resolve(names);
    if (found === undefined) return undefined;
    if ("folder" in found && found.folder.snapshot === undefined) return folderEntries(found.folder);
    const tree = "node" in found ? found.node.subtree : found.folder.snapshot!.tree;
    return tree === undefined ? undefined : shown(await this.#directories.nodes(tree));
  }

  /**
   * A file to read from, or undefined where there is none. A symlink is a file that holds its target.
   * @throws ENGINE_BLOB_MISSING when a part of it is in no index
   */
  async open(names: Names): Promise<Pick<FileView, "sizeBytes" | "read"> | undefined> {
    const found = await this.#resolve(names);
    if (found === undefined || !("node" in found)) return undefined;
    const { node } = found;
    if (node.type === "symlink") return textFile(node.linkTarget);
    if (node.type !== "file") return undefined;
    const known = this.#files.get(node);
    const view = known ?? new FileView(this.#repository, this.#blobs, node.content ?? []);
    if (known === undefined) this.#files.set(node, view);
    return view;
  }

  async #resolve(names: Names): Promise<{ folder: SnapshotFolder } | { node: TreeNode } | undefined> {
    let folder: SnapshotFolder | undefined = await this.#current();
    for (const [at, name] of names.entries()) {
      if (folder.snapshot !== undefined) return this.#inSnapshot(folder.snapshot.tree, names.slice(at));
      const child: SnapshotFolder | undefined = folder.children.get(name.toString());
      if (child === undefined) return undefined;
      folder = child;
    }
    return { folder };
  }

  async #inSnapshot(root: TreeId, names: Names): Promise<{ node: TreeNode } | undefined> {
    let tree: TreeId | undefined = root;
    let node: TreeNode | undefined;
    for (const name of names) {
      node = tree === undefined ? undefined : await this.#directories.node(tree, name);
      if (node === undefined) return undefined;
      tree = node.subtree;
    }
    return node === undefined || !isShown(node) ? undefined : { node };
  }

  /** The folders as they are, looked at anew when that was not done for a while. */
  #current(): Promise<SnapshotFolder> {
    const nowMs = this.#repository.context.clock.monotonicMs();
    if (this.#folders !== undefined && nowMs - this.#loadedAtMs < reloadAfterMs) return Promise.resolve(this.#folders);
    this.#loading ??= this.#load().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  async #load(): Promise<SnapshotFolder> {
    const { log, clock } = this.#repository.context;
    const onDamaged = (id: string, error: HoldfastError) =>
      log.warn("a snapshot file is damaged and is left out", { id, code: error.code });
    const all = await listSnapshots(this.#repository, onDamaged);
    const snapshots = all.filter((snapshot) => matchesFilter(snapshot, this.#filter));
    const known = snapshots.map(({ id }) => id).join(" ");
    if (this.#folders === undefined || known !== this.#known) {
      await this.#repository.loadIndex();
      this.#folders = snapshotFolders(snapshots, this.#templates);
      this.#known = known;
    }
    this.#loadedAtMs = clock.monotonicMs();
    return this.#folders;
  }
}

function isShown({ type }: TreeNode): boolean {
  return type === "file" || type === "dir" || type === "symlink";
}

function* shown(nodes: Iterable<TreeNode>): Generator<ViewEntry> {
  for (const node of nodes) if (isShown(node)) yield entryOf(node);
}

function entryOf({ name, type, mtime, size, linkTarget }: TreeNode): ViewEntry {
  const sizeBytes = type === "file" ? Number(size) : linkTarget.length;
  return { name, kind: type === "dir" ? "directory" : "file", mtime, sizeBytes };
}

function* folderEntries({ children }: SnapshotFolder): Generator<ViewEntry> {
  for (const [name, child] of children) yield folderEntry(Buffer.from(name), child);
}

/** A snapshot is as old as it says; what only holds snapshots has no time of its own. */
function folderEntry(name: Buffer, folder: SnapshotFolder): ViewEntry {
  return { name, kind: "directory", mtime: folder.snapshot?.time ?? zeroTimestamp, sizeBytes: 0 };
}

function textFile(bytes: Uint8Array): Pick<FileView, "sizeBytes" | "read"> {
  return {
    sizeBytes: bytes.byteLength,
    read: async function* (start, end) {
      yield bytes.subarray(start, end);
    },
  };
}
