import { setImmediate as nextTurn } from "node:timers/promises";
import { HoldfastError, systemCodeOf } from "@holdfast/base";
import type { BlobType } from "../blob.ts";
import { engineErrors } from "../errors.ts";
import type { BlobId, TreeId } from "../id.ts";
import type { ProblemList } from "../item-problem.ts";
import type { Repository } from "../repository/repository.ts";
import { displayPath } from "../tree/name-quoting.ts";
import type { TreeNode } from "../tree/node.ts";
import { TreeWriter } from "../tree/tree-writer.ts";
import { isUnchanged, type IgnoredChanges } from "./change-detection.ts";
import { FileReader } from "./file-reader.ts";
import { ItemUnderway } from "./item.ts";
import { ParentDirectory } from "./parent-directory.ts";
import type { SourceDirectory, SourceEntry } from "./source.ts";
import type { Tally } from "./tally.ts";

/** Entries that wait for their place in a listing, at most; what a slow file holds up stays bounded. */
const waitingMax = 4096;
/** Entries after which timers and messages get their turn. */
const turnEntries = 16;

type Names = readonly Buffer[];
type FileEntry = Extract<SourceEntry, { kind: "file" }>;
type DirectoryEntry = Extract<SourceEntry, { kind: "directory" }>;
/** Under way; wrapped so that waiting for the start does not wait for the end. Undefined: the entry is left out. */
type Underway<T> = { readonly done: Promise<T> };

export interface ArchiverParts {
  readonly repository: Repository;
  readonly tally: Tally;
  readonly problems: ProblemList;
  /** Hears of each file that was written to while it was read. */
  readonly onChangedWhileRead: (names: Names) => void;
  readonly readConcurrency: number;
  readonly ignoredChanges: IgnoredChanges;
  readonly signal: AbortSignal;
}

/**
 * Walks a source from the top and stores what it finds. One walker lists directories in order and hands files to a few
 * readers; a directory's listing is stored once all below it is. Nothing here names what was stored: that is the
 * snapshot's, later.
 */
export class Archiver {
  readonly #parts: ArchiverParts;
  readonly #idle: FileReader[];
  readonly #reading = new Set<Promise<unknown>>();
  readonly #openDirectories = new Set<SourceDirectory>();
  readonly #stop = new AbortController();
  readonly #signal: AbortSignal;
  #entriesSinceTurn = 0;

  constructor(parts: ArchiverParts) {
    this.#parts = parts;
    const { chunkerPolynomial } = parts.repository;
    this.#idle = Array.from({ length: parts.readConcurrency }, () => new FileReader(chunkerPolynomial));
    this.#signal = AbortSignal.any([parts.signal, this.#stop.signal]);
  }

  /**
   * Stores everything below `source`, comparing with the same directory in a parent snapshot.
   * @returns the tree of the top directory, queued but not flushed; undefined when nothing is in it
   * @throws the signal's reason, or what the repository throws; by then no file is open any more
   */
  async archive(source: SourceDirectory, parentTree: TreeId | undefined): Promise<TreeId | undefined> {
    try {
      const { done } = await this.#directory(source, parentTree, this.#item([]), []);
      const { tree, entries } = await done;
      return entries === 0 ? undefined : tree;
    } catch (error) {
      this.#stop.abort(error);
      throw error;
    } finally {
      await Promise.allSettled(this.#reading);
      for (const directory of this.#openDirectories) directory.close();
    }
  }

  async #directory(
    source: SourceDirectory,
    parentTree: TreeId | undefined,
    item: ItemUnderway,
    names: Names,
  ): Promise<Underway<{ tree: TreeId; entries: number }>> {
    this.#openDirectories.add(source);
    const parent = await this.#parentDirectory(parentTree, names);
    const listing = new TreeWriter();
    let entries = 0;
    let waiting = 0;
    let written: Promise<void> = Promise.resolve();
    for await (const entry of source.entries()) {
      await this.#turn();
      const begun = await this.#entry(entry, parent, names);
      if (begun === undefined) continue;
      written = written.then(async () => {
        const node = await begun.done;
        if (node === undefined) return;
        listing.add(node);
        entries += 1;
      });
      written.catch(() => {}); // thrown again below; until then it is no stray rejection
      waiting += 1;
      if (waiting >= waitingMax) {
        await written;
        waiting = 0;
      }
    }
    const store = async () => {
      await written;
      this.#openDirectories.delete(source);
      source.close();
      return { tree: await this.#save("tree", listing.finish(), item), entries };
    };
    return underway(store());
  }

  async #entry(
    entry: SourceEntry,
    parent: ParentDirectory,
    above: Names,
  ): Promise<Underway<TreeNode | undefined> | undefined> {
    const { problems, tally } = this.#parts;
    if (entry.kind === "unreadable") {
      this.#fault([...above, entry.name], entry.fault);
      return undefined;
    }
    const names = [...above, entry.node.name];
    if (entry.fault !== undefined) this.#fault(names, entry.fault);
    const before = parent.find(entry.node.name);
    if (entry.kind === "other") return underway(Promise.resolve(entry.node));
    if (entry.kind === "directory") return this.#subdirectory(entry, before, names);
    if (before !== undefined && isUnchanged(entry.node, before, this.#parts.ignoredChanges)) {
      const content = before.content ?? [];
      if (content.every((id) => this.#parts.repository.has("data", id))) {
        const node = { ...entry.node, content };
        tally.fileSpared(node, this.#item(names));
        return underway(Promise.resolve(node));
      }
      tally.fault();
      problems.add({
        path: displayPath(names),
        code: engineErrors.blobMissing.code,
        message: "The parent snapshot's copy of this file is incomplete; the file was read and stored again.",
      });
    }
    return this.#file(entry, before, names);
  }

  async #subdirectory(
    entry: DirectoryEntry,
    before: TreeNode | undefined,
    names: Names,
  ): Promise<Underway<TreeNode> | undefined> {
    let source: SourceDirectory;
    try {
      source = await entry.open();
    } catch (error) {
      this.#fault(names, error);
      return undefined;
    }
    const item = this.#item(names);
    const parentTree = before?.type === "dir" ? before.subtree : undefined;
    const { done } = await this.#directory(source, parentTree, item, names);
    return underway(
      done.then(({ tree }) => {
        const node = { ...entry.node, subtree: tree };
        this.#parts.tally.directory(node, before, item);
        return node;
      }),
    );
  }

  /** Resolves when a reader has taken the file on. */
  async #file(entry: FileEntry, before: TreeNode | undefined, names: Names): Promise<Underway<TreeNode | undefined>> {
    while (this.#idle.length === 0) await Promise.race(this.#reading);
    this.#signal.throwIfAborted();
    const reader = this.#idle.pop()!;
    const reading = this.#readFile(reader, entry, before, names)
      .catch((error: unknown) => {
        this.#stop.abort(error);
        throw error;
      })
      .finally(() => {
        this.#idle.push(reader);
        this.#reading.delete(reading);
      });
    this.#reading.add(reading);
    return underway(reading);
  }

  async #readFile(
    reader: FileReader,
    entry: FileEntry,
    before: TreeNode | undefined,
    names: Names,
  ): Promise<TreeNode | undefined> {
    const { tally, onChangedWhileRead } = this.#parts;
    const path = displayPath(names);
    const item = this.#item(names);
    let isReading = true;
    const save = async (chunk: Uint8Array) => {
      isReading = false; // what fails from here on is not the file's fault
      const id = await this.#save("data", chunk, item);
      isReading = true;
      return id;
    };
    tally.fileBegins(path);
    try {
      const file = await entry.open();
      try {
        const { content, sizeBytes } = await reader.read(file, save, (bytes) => tally.bytesRead(bytes));
        if (file.hasChanged()) onChangedWhileRead(names);
        const node = { ...file.node, size: BigInt(sizeBytes), content };
        tally.fileRead(node, before, item);
        return node;
      } finally {
        file.close();
      }
    } catch (error) {
      if (!isReading) throw error;
      this.#fault(names, error);
      return undefined;
    } finally {
      tally.fileEnds(path);
    }
  }

  /** @throws whatever stops the backup; a parent that cannot be read only costs reading the files again */
  async #parentDirectory(tree: TreeId | undefined, names: Names): Promise<ParentDirectory> {
    if (tree === undefined) return ParentDirectory.none();
    try {
      return await ParentDirectory.load(this.#parts.repository, tree, this.#signal);
    } catch (error) {
      this.#signal.throwIfAborted();
      if (!(error instanceof HoldfastError && error.kind === "damaged")) throw error;
      this.#fault(names, error);
      return ParentDirectory.none();
    }
  }

  async #save(type: BlobType, bytes: Uint8Array, item: ItemUnderway): Promise<BlobId> {
    this.#signal.throwIfAborted();
    try {
      const saved = await this.#parts.repository.saveBlob(type, bytes, this.#signal);
      this.#parts.tally.blob(type, bytes.byteLength, saved);
      item.saved(bytes.byteLength, saved);
      return saved.id;
    } catch (error) {
      this.#stop.abort(error); // the walk need not go on until it has something to store again
      throw error;
    }
  }

  #item(names: Names): ItemUnderway {
    return new ItemUnderway(names, this.#parts.repository.context.clock.monotonicMs());
  }

  /** Reports an entry, unless it merely went away since its directory was listed, as files do. */
  #fault(names: Names, error: unknown): void {
    if (systemCodeOf(error) === "ENOENT" && !(error instanceof HoldfastError)) return;
    this.#parts.tally.fault();
    this.#parts.problems.addFault(names, error, "sourceUnreadable");
  }

  async #turn(): Promise<void> {
    this.#signal.throwIfAborted();
    this.#entriesSinceTurn += 1;
    if (this.#entriesSinceTurn < turnEntries) return;
    this.#entriesSinceTurn = 0;
    await nextTurn();
  }
}

function underway<T>(done: Promise<T>): Underway<T> {
  done.catch(() => {}); // whoever needs it awaits it and hears of the failure there
  return { done };
}
