import {
  closeSync,
  linkSync,
  lstatSync,
  renameSync,
  rmdirSync,
  symlinkSync,
  unlinkSync,
  type BigIntStats,
} from "node:fs";
import { HoldfastError, systemCodeOf } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import type { AnchoredDirectory } from "../filesystem/anchored-directory.ts";
import { native } from "../filesystem/native.ts";
import type { BlobId } from "../id.ts";
import type { ProblemList } from "../item-problem.ts";
import { displayPath } from "../tree/name-quoting.ts";
import type { TreeNode } from "../tree/node.ts";
import type { Fetched } from "./blob-fetcher.ts";
import { writeEntryMetadata, writeFileMetadata, type WithheldMetadata } from "./metadata.ts";
import type { RestoreTally } from "./restore-tally.ts";
import { checkContent, looksUnchanged, openExisting, TargetFile, temporaryName } from "./target-file.ts";
import { TargetLevels } from "./target-levels.ts";
import type { Names } from "./walk-tree.ts";
import type { RestoreStep } from "./windows.ts";

/** What happens to a file that is there already; directories are always entered. restic's `--overwrite`. */
export type OverwriteMode = "always" | "if-changed" | "if-newer" | "never";

export interface TargetParts {
  readonly top: AnchoredDirectory;
  readonly overwrite: OverwriteMode;
  readonly isSparse: boolean;
  /** Re-reads each file that was written. */
  readonly isVerified: boolean;
  readonly tally: RestoreTally;
  readonly problems: ProblemList;
  readonly plainLength: (id: BlobId) => number | undefined;
  /** Whether a directory is wanted by itself, and not only for something in it. */
  readonly isSelected: (names: Names, node: TreeNode) => boolean;
  readonly signal: AbortSignal;
}

/** Gives a chunk that has been asked for, or asks for it now. */
export type ChunkSupply = (id: BlobId) => Promise<Fetched>;

type FileStep = Extract<RestoreStep, { kind: "file" }>;

/** The whole target, not one entry of it, is at its end. Node.js has no name for EDQUOT, a quota that is used up. */
const targetIsFull = new Set(["ENOSPC", "EROFS", "EDQUOT", "Unknown system error -122"]);

/**
 * Carries the steps of a restore out below one directory, in order. Directories are held by their handles and entered
 * one component at a time, so no name and no symlink, whether from the snapshot or put there meanwhile, leads outside.
 * What goes wrong with one entry is reported and the rest goes on.
 *
 * Nothing that exists is written into. A file in the way is replaced once the new one is complete, which takes the space
 * of both for a while; one whose content is there already stays.
 */
export class Target {
  readonly withheld: WithheldMetadata = { owners: 0, attributes: 0 };
  readonly #parts: TargetParts;
  readonly #levels: TargetLevels;
  /** The first restored name of each file that has several. */
  readonly #firstNames = new Map<string, Names>();
  /** The file that is being written, and whether it has a temporary name because something is in its place. */
  #open: { readonly file: TargetFile; readonly isTemporary: boolean } | undefined;

  constructor(parts: TargetParts) {
    this.#parts = parts;
    this.#levels = new TargetLevels({
      top: parts.top,
      withheld: this.withheld,
      beforeRemoval: () => this.#refuseIfKept(),
      onFault: (names, error) => this.#fault(names, error),
      onEntered: () => (parts.tally.counts.directories += 1),
    });
  }

  /**
   * @throws what `supply` throws, the signal's reason, ENGINE_TARGET_FULL; every other failure is a problem in the list
   */
  async carryOut(step: RestoreStep, supply: ChunkSupply): Promise<void> {
    const { names, node } = step;
    switch (step.kind) {
      case "enter":
        this.#levels.push(names, node);
        if (this.#parts.isSelected(names, node)) this.#levels.current();
        return;
      case "leave":
        return this.#levels.pop();
      case "other":
        return this.#attempt(names, async () => this.#other(names, node));
      case "file":
        return this.#filePart(step, supply);
    }
  }

  /** Lets go of everything; a file that is not finished is removed. */
  close(): void {
    this.#discardOpen();
    this.#levels.close();
  }

  #other(names: Names, node: TreeNode): void {
    if (node.type === "socket") return; // means nothing without the program that listened
    if (node.type !== "symlink" && native === undefined) return; // said once for all, see withoutNativeStatement
    const directory = this.#levels.current();
    if (directory === undefined) return;
    const path = directory.pathOf(node.name);
    const existing = statOf(path);
    if (existing !== undefined && !this.#mayReplace(existing, node)) {
      this.#parts.tally.counts.filesSkipped += 1;
      return;
    }
    if (this.#linkToFirst(names, node, directory, existing)) return;
    if (existing !== undefined) remove(path, existing);
    if (node.type === "symlink") symlinkSync(node.linkTarget, path);
    else native!.makeNode(path, unixTypes[node.type] ?? 0, node.device);
    this.#remember(names, node);
    this.#parts.tally.counts.others += 1;
    writeEntryMetadata(path, node, this.withheld);
  }

  // Files

  async #filePart({ names, node, from, to }: FileStep, supply: ChunkSupply): Promise<void> {
    const content = node.content ?? [];
    if (from === 0) await this.#attempt(names, () => this.#beginFile(names, node));
    for (const id of content.slice(from, to)) {
      if (this.#open === undefined) return; // nothing to write, or it failed
      this.#parts.signal.throwIfAborted();
      const chunk = await supply(id);
      await this.#attempt(names, async () => this.#append(chunk));
    }
    if (this.#open === undefined || to < content.length) return;
    await this.#attempt(names, () => this.#finishFile(names, node));
  }

  /** Leaves an open file behind when there is something to write. */
  async #beginFile(names: Names, node: TreeNode): Promise<void> {
    const { tally } = this.#parts;
    tally.file(displayPath(names));
    const directory = this.#levels.current();
    if (directory === undefined) return;
    const path = directory.pathOf(node.name);
    const existing = statOf(path);
    if (existing !== undefined && !this.#mayReplace(existing, node)) {
      tally.counts.filesSkipped += 1;
      tally.counts.bytesSkipped += Number(node.size);
      return;
    }
    if (this.#linkToFirst(names, node, directory, existing)) return;
    if (existing !== undefined && (await this.#isContentThere(path, existing, node))) {
      tally.counts.files += 1;
      tally.counts.filesUnchanged += 1;
      tally.counts.bytesUnchanged += Number(node.size);
      this.#remember(names, node);
      writeEntryMetadata(path, node, this.withheld);
      return;
    }
    const isTemporary = existing?.isFile() === true;
    if (existing !== undefined && !isTemporary) remove(path, existing);
    const newPath = isTemporary ? freeTemporaryPath(directory, node.name) : path;
    this.#open = { file: new TargetFile(newPath, { isSparse: this.#parts.isSparse }), isTemporary };
  }

  #append(chunk: Fetched): void {
    if (!(chunk instanceof Uint8Array)) throw chunk;
    this.#open!.file.append(chunk);
    this.#parts.tally.wrote(chunk.byteLength);
  }

  async #finishFile(names: Names, node: TreeNode): Promise<void> {
    const { file, isTemporary } = this.#open!;
    const path = this.#levels.current()!.pathOf(node.name);
    file.complete();
    try {
      writeFileMetadata(file.fd, file.path, node, this.withheld);
    } catch (error) {
      this.#fault(names, error); // the content is good all the same
    }
    file.close();
    if (isTemporary) file.moveTo(path);
    this.#open = undefined;
    this.#remember(names, node);
    this.#parts.tally.counts.files += 1;
    if (this.#parts.isVerified && !(await this.#hasContent(path, node))) {
      throw new HoldfastError(
        engineErrors.verificationFailed,
        "What was written does not read back as it was: the disk or the memory of this machine is faulty.",
      );
    }
  }

  /** Whether an existing file has the snapshot's content already and may simply stay. */
  async #isContentThere(path: Buffer, existing: BigIntStats, node: TreeNode): Promise<boolean> {
    // A further name of it may lie anywhere, and what it names must not get this file's metadata.
    const belongsHere = existing.isFile() && existing.nlink === (node.links > 1n ? node.links : 1n);
    if (!belongsHere || existing.size !== node.size) return false;
    if (this.#parts.overwrite === "if-changed" && looksUnchanged(existing, node)) return true;
    return this.#hasContent(path, node);
  }

  async #hasContent(path: Buffer, node: TreeNode): Promise<boolean> {
    const content = node.content ?? [];
    const lengths = content.map((id) => this.#parts.plainLength(id)).filter((length) => length !== undefined);
    if (lengths.length < content.length) return false;
    const fd = openExisting(path);
    if (fd === undefined) return false;
    try {
      return (await checkContent(fd, content, lengths, this.#parts.signal)).isSame;
    } finally {
      closeSync(fd);
    }
  }

  // Hard links

  /**
   * Makes a further name for a file restored before.
   * @returns false when this is its first name, or when the file system refuses, which is reported: then it gets content
   *   of its own
   */
  #linkToFirst(names: Names, node: TreeNode, directory: AnchoredDirectory, existing: BigIntStats | undefined): boolean {
    const first = node.links > 1n ? this.#firstNames.get(identityOf(node)) : undefined;
    if (first === undefined) return false;
    try {
      this.#levels.reach(first, (source) => linkOver(source, directory, node.name, existing));
    } catch (error) {
      this.#fault(names, error);
      return false;
    }
    this.#parts.tally.counts.hardLinks += 1;
    return true;
  }

  #remember(names: Names, node: TreeNode): void {
    if (node.links > 1n) this.#firstNames.set(identityOf(node), names);
  }

  // What is in the way

  #mayReplace(existing: BigIntStats, node: TreeNode): boolean {
    const { overwrite } = this.#parts;
    if (overwrite === "never") return false;
    return overwrite !== "if-newer" || node.mtime.ns > existing.mtimeNs;
  }

  #refuseIfKept(): void {
    const { overwrite } = this.#parts;
    if (overwrite === "always" || overwrite === "if-changed") return;
    throw new HoldfastError(
      engineErrors.targetFailed,
      "Something else is where the directory belongs, and overwriting it was not asked for.",
    );
  }

  // Failures

  /** Does one entry's work; what the system or the repository objects to is that entry's problem. */
  async #attempt(names: Names, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.signal.throwIfAborted();
      this.#discardOpen(); // half a file under its name would pass for a whole one
      this.#fault(names, error);
    }
  }

  #discardOpen(): void {
    const open = this.#open;
    this.#open = undefined;
    try {
      open?.file.discard();
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error; // the file is gone or out of reach, so nothing is left of it
    }
  }

  #fault(names: Names, error: unknown): void {
    if (targetIsFull.has(systemCodeOf(error) ?? "")) {
      throw new HoldfastError(engineErrors.targetFull, `The target is full or read-only at ${displayPath(names)}.`, {
        cause: error,
      });
    }
    this.#parts.problems.addFault(names, error, "targetFailed");
    this.#parts.tally.fault();
  }
}

/** The types that mknod makes; never more than the owner's rights until the metadata is written. */
const unixTypes: Partial<Record<TreeNode["type"], number>> = {
  fifo: 0o010600,
  dev: 0o060600,
  chardev: 0o020600,
};

function identityOf(node: TreeNode): string {
  return `${node.deviceId}:${node.inode}`;
}

function statOf(path: Buffer): BigIntStats | undefined {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

/** A directory is only removed when it is empty: nobody asked for what is in it to go. */
function remove(path: Buffer, existing: BigIntStats): void {
  if (existing.isDirectory()) rmdirSync(path);
  else unlinkSync(path);
}

/** A path for a temporary file; one that an interrupted restore left is removed. */
function freeTemporaryPath(directory: AnchoredDirectory, name: Buffer): Buffer {
  const path = directory.pathOf(temporaryName(name));
  if (statOf(path) !== undefined) unlinkSync(path);
  return path;
}

/** Makes `name` a name of what `source` names; what it named before is let go in the same moment. */
function linkOver(source: Buffer, directory: AnchoredDirectory, name: Buffer, existing: BigIntStats | undefined): void {
  const path = directory.pathOf(name);
  if (existing === undefined) return linkSync(source, path);
  const original = statOf(source);
  if (original?.ino === existing.ino && original.dev === existing.dev) return;
  const temporary = freeTemporaryPath(directory, name);
  linkSync(source, temporary);
  if (existing.isDirectory()) rmdirSync(path);
  renameSync(temporary, path);
}
