import { assert, compareBytes, fromHex, KiB, MiB, secondMs, type HoldfastError } from "@holdfast/base";
import { isUnchanged } from "../change-detection.ts";
import { ParentDirectory } from "../parent-directory.ts";
import type { SourceDirectory, SourceEntry } from "../source.ts";
import { engineErrors } from "../../errors.ts";
import { displayPath } from "../../tree/name-quoting.ts";
import type { TreeNode } from "../../tree/node.ts";
import { nodeJson } from "../../tree/tree-writer.ts";
import { canonicalJson, treeOf } from "./entry-json.ts";
import type { FullPack } from "../../repository/blob-packer.ts";
import type { Lane } from "./lane.ts";
import { LocalPlace } from "./local-place.ts";
import { readFile } from "./read-file.ts";
import type { DirectoryDone, DirectoryTask, FilePlace, FoundDirectory, FoundStream } from "./tasks.ts";

/** A file from this size on is cut and stored by several threads. */
const streamBytesMin = 16n * BigInt(MiB);
/** What a directory's own thread reads of it before it lets others help. */
const readHereBytesMax = 4 * MiB;
const groupBytesMax = 4 * MiB;
const groupFilesMax = 256;
/** Entries after which others get their turn. */
const turnEntries = 64;
const textLengthMax = 256 * KiB;

/** What the archiving of one directory has come to. */
class Listing {
  readonly pieces: (Uint8Array | undefined)[] = [];
  readonly directories: FoundDirectory[] = [];
  readonly streams: FoundStream[] = [];
  readonly files: FilePlace[][] = [];
  entries = 0;
  bytesRead = 0;
  #group: FilePlace[] | undefined;
  #groupBytes = 0;
  #text = "";
  #last: Buffer | undefined;

  /** Entries come in ascending order of their names' bytes, and are added or kept free in that order. */
  inOrder(name: Buffer): void {
    assert(this.#last === undefined || compareBytes(this.#last, name) < 0, "a source lists names in ascending order");
    this.#last = name;
  }

  add(json: string): void {
    this.#text += this.#text === "" ? json : `,${json}`;
    this.entries += 1;
    if (this.#text.length >= textLengthMax) this.#flush();
  }

  /** Room for an entry that is found elsewhere; its number among the pieces. */
  keepFree(): number {
    this.#flush();
    return this.pieces.push(undefined) - 1;
  }

  /** Puts a file into the group that another thread will read. */
  handOver(file: FilePlace, sizeBytes: number): void {
    if (this.#group === undefined || this.#groupBytes >= groupBytesMax || this.#group.length >= groupFilesMax) {
      this.#group = [];
      this.#groupBytes = 0;
      this.files.push(this.#group);
    }
    this.#group.push(file);
    this.#groupBytes += sizeBytes;
  }

  get isComplete(): boolean {
    return !this.pieces.includes(undefined);
  }

  finish(): void {
    this.#flush();
  }

  #flush(): void {
    if (this.#text === "") return;
    this.pieces.push(Buffer.from(this.#text));
    this.#text = "";
  }
}

/**
 * Lists a directory, compares it with the parent snapshot, reads what is new in it, and leaves to others what they can
 * do: its subdirectories, large files, and files beyond a few megabytes.
 *
 * @param keep takes the directory when places in it are still to be opened, and answers with its number
 */
export function* archiveDirectory(
  lane: Lane,
  open: () => SourceDirectory,
  task: DirectoryTask,
  keep: (directory: SourceDirectory) => number,
): Generator<FullPack | undefined, DirectoryDone> {
  const { parent, isReadable } = parentOf(lane, task);
  if (!isReadable) return { ...nothing, outcome: "parent unreadable" };
  const directory = tryOpen(lane, open, task.path);
  if (directory === undefined) return { ...nothing, outcome: "left out" };
  const listing = new Listing();
  const problemsBefore = lane.tally.problemsEver;
  let isKept = false;
  try {
    // Before anything is read: what changes from now on looks different next time.
    const digest = lane.settings.notesLooks ? settledDigest(lane, directory) : undefined;
    let entriesSinceTurn = 0;
    for (const entry of directory.entries()) {
      entriesSinceTurn += 1;
      if (entriesSinceTurn % turnEntries === 0) yield undefined;
      yield* archiveEntry(lane, entry, parent, task, listing);
    }
    listing.finish();
    const { pieces, directories, files, streams, entries } = listing;
    const isClean = lane.tally.problemsEver === problemsBefore;
    const noted = { entries, digest: isClean ? digest : undefined };
    if (!listing.isComplete) {
      isKept = true;
      const handle = keep(directory);
      return { outcome: "begun", pieces, directories, files, streams, ...noted, handle, tree: undefined };
    }
    const tree = yield* lane.saveTree(treeOf(pieces as readonly Uint8Array[]), task.path);
    return { ...nothing, outcome: tree === undefined ? "left out" : "stored", ...noted, tree };
  } finally {
    if (!isKept) directory.close();
  }
}

const nothing = {
  pieces: [],
  directories: [],
  files: [],
  streams: [],
  entries: 0,
  handle: undefined,
  tree: undefined,
  digest: undefined,
} as const;

/** A change this soon after another may leave the same time of change: file systems count in ticks. */
const settlingMs = 2 * secondMs;

/** What a directory looks like, unless it changed just now. */
function settledDigest(lane: Lane, directory: SourceDirectory): string | undefined {
  const look = directory.look?.();
  return look !== undefined && look.changedMs + settlingMs <= lane.clock.nowMs() ? look.digest : undefined;
}

/** @returns undefined when it could not be opened, which is reported */
function tryOpen(lane: Lane, open: () => SourceDirectory, path: string): SourceDirectory | undefined {
  try {
    return open();
  } catch (error) {
    lane.fault(path, error);
    return undefined;
  }
}

function* archiveEntry(
  lane: Lane,
  entry: SourceEntry,
  parent: ParentDirectory,
  task: DirectoryTask,
  listing: Listing,
): Generator<FullPack | undefined, void> {
  const name = entry.kind === "unreadable" ? entry.name : entry.node.name;
  const path = `${task.path}${displayPath([name])}`;
  if (entry.kind === "unreadable") return lane.fault(path, entry.fault);
  listing.inOrder(name);
  if (entry.fault !== undefined) lane.fault(path, entry.fault);
  switch (entry.kind) {
    case "other": {
      const json = nodeJson(entry.node);
      parent.passSame(json);
      return listing.add(json);
    }
    case "directory":
      listing.directories.push({
        piece: listing.keepFree(),
        place: placeOf(lane, entry) ?? new LocalPlace(() => entry.open()),
        path,
        ...directoryText(entry.node, parent),
      });
      return;
    case "stream": {
      const before = parent.find(name);
      listing.streams.push({
        piece: listing.keepFree(),
        place: new LocalPlace(() => entry.open()),
        path,
        before: before && canonicalJson(before),
      });
      return;
    }
    case "file": {
      const spared = parent.isKnown ? spare(lane, entry.node, parent, path) : undefined;
      if (typeof spared === "string") return listing.add(spared);
      return yield* archiveFile(lane, entry, spared?.before, path, listing);
    }
  }
}

/** A directory's entry up to where the id of its listing goes, and what the parent snapshot says of it. */
function directoryText(node: TreeNode, parent: ParentDirectory): Pick<FoundDirectory, "head" | "before"> {
  const head = `${nodeJson({ ...node, subtree: undefined }).slice(0, -1)},"subtree":"`;
  const tree = parent.sameDirectory(head);
  if (tree !== undefined) return { head, before: { json: `${head}${tree}"}`, tree } };
  const before = parent.find(node.name);
  if (before === undefined) return { head, before: undefined };
  return { head, before: { json: canonicalJson(before), tree: before.type === "dir" ? before.subtree : undefined } };
}

/** The entry of a file that need not be read, as text; else what the parent snapshot knows of it. */
function spare(
  lane: Lane,
  node: TreeNode,
  parent: ParentDirectory,
  path: string,
): string | { readonly before: TreeNode | undefined } {
  const head = nodeJson({ ...node, content: [] }).slice(0, -"]}".length);
  let content = parent.sameFile(head);
  let before: TreeNode | undefined;
  if (content === undefined) {
    before = parent.find(node.name);
    if (before === undefined || !isUnchanged(node, before, lane.settings.ignoredChanges)) return { before };
    content = before.content ?? [];
  }
  if (!content.every((id) => lane.packer.has("data", fromHex(id)))) {
    lane.tally.problem({
      path,
      code: engineErrors.blobMissing.code,
      message: "The parent snapshot's copy of this file is incomplete; the file was read and stored again.",
    });
    return { before: before ?? { ...node, content } };
  }
  const sizeBytes = Number(node.size);
  lane.tally.bytesRead(sizeBytes);
  lane.tally.file("unchanged", sizeBytes);
  if (lane.settings.tellsItems) {
    const added = { plainBytes: 0, storedBytes: 0 };
    lane.tally.item({ path, isDirectory: false, action: "unchanged", durationMs: 0, added });
  }
  return `${head}${content.length === 0 ? "" : `"${content.join('","')}"`}]}`;
}

function* archiveFile(
  lane: Lane,
  entry: Extract<SourceEntry, { kind: "file" }>,
  before: TreeNode | undefined,
  path: string,
  listing: Listing,
): Generator<FullPack | undefined, void> {
  const { node } = entry;
  const place = placeOf(lane, entry);
  const beforeJson = before && canonicalJson(before);
  const sizeBytes = Number(node.size);
  if (place !== undefined && node.size >= streamBytesMin) {
    listing.streams.push({ piece: listing.keepFree(), place, path, before: beforeJson });
  } else if (place !== undefined && listing.bytesRead >= readHereBytesMax) {
    listing.handOver({ piece: listing.keepFree(), place, path, before: beforeJson }, sizeBytes);
  } else {
    listing.bytesRead += sizeBytes;
    const json = yield* readFile(lane, () => entry.open(), path, beforeJson);
    if (json !== undefined) listing.add(json);
  }
}

function placeOf(lane: Lane, entry: { readonly place?: unknown }): unknown {
  return lane.settings.hasPlaces ? entry.place : undefined;
}

function parentOf(lane: Lane, { parent, path }: DirectoryTask): { parent: ParentDirectory; isReadable: boolean } {
  if (parent === undefined) return { parent: ParentDirectory.none(), isReadable: true };
  let plain: Uint8Array;
  if (parent instanceof Uint8Array) plain = parent;
  else {
    try {
      plain = lane.packer.decoder.decode(parent.id, parent.uncompressedLength, parent.stored);
    } catch {
      return { parent: ParentDirectory.none(), isReadable: false };
    }
  }
  const onDamage = ({ code, message }: HoldfastError) =>
    lane.tally.problem({ path: path === "" ? "/" : path, code, message });
  return { parent: ParentDirectory.of(plain, onDamage), isReadable: true };
}
