import { lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { AnchoredDirectory } from "../filesystem/anchored-directory.ts";
import type { TreeNode } from "../tree/node.ts";
import { metadataOf, type MetadataWriter, type OwnerOf } from "./metadata.ts";
import type { Names } from "./walk-tree.ts";

export interface TargetTreeParts {
  /** Undefined in a dry run where there is none. */
  readonly top: AnchoredDirectory | undefined;
  readonly metadata: MetadataWriter;
  readonly ownerOf: OwnerOf;
  /** Nothing is made or changed; a directory that is not there holds nothing. */
  readonly isDryRun: boolean;
  /** Called before something that is no directory is removed to make room for one. @throws to keep it */
  readonly beforeRemoval: () => void;
  readonly onFault: (names: Names, error: unknown) => void;
  readonly onEntered: (directory: TargetDirectory) => void;
}

/** One directory of the target while something in it is being restored. */
export class TargetDirectory {
  readonly names: Names;
  readonly parent: TargetDirectory | undefined;
  readonly node: TreeNode | undefined;
  /** Undefined until something needs it to be there, and in a dry run where it is not. */
  anchor: AnchoredDirectory | undefined;
  state: "unneeded" | "open" | "absent" | "unreachable" = "unneeded";
  /** What was in it before, bytes in latin1; undefined when it was made just now, so that everything in it is ours. */
  namesBefore: ReadonlySet<string> | undefined;
  /** What the snapshot has in it, bytes in latin1; undefined when not all of it can be read. */
  namesInSnapshot: Set<string> | undefined = new Set();
  /** Those who still work in it: the walk, directories in it, entries under way. */
  holders = 1;

  constructor(names: Names, parent: TargetDirectory | undefined, node: TreeNode | undefined) {
    this.names = names;
    this.parent = parent;
    this.node = node;
  }

  hold(): void {
    this.holders += 1;
  }

  /** Path to put before a name, leading through the handle; bytes in latin1. */
  get prefix(): string {
    return this.anchor!.pathOf(Buffer.alloc(0)).toString("latin1");
  }
}

/**
 * The directories of the target that are being worked in. Each is made when it is first needed, held by its handle, and
 * given its metadata when the last of those who work in it is done, which may be long after the walk has left it.
 */
export class TargetTree {
  readonly #parts: TargetTreeParts;
  readonly #open = new Set<TargetDirectory>();
  #innermost: TargetDirectory;

  constructor(parts: TargetTreeParts) {
    this.#parts = parts;
    this.#innermost = new TargetDirectory([], undefined, undefined);
    this.#innermost.anchor = parts.top;
    this.#innermost.state = parts.top === undefined ? "absent" : "open";
    this.#innermost.namesBefore = parts.top && new Set(parts.top.names());
  }

  /** Where the walk is, needed or not. */
  get innermost(): TargetDirectory {
    return this.#innermost;
  }

  push(names: Names, node: TreeNode): void {
    this.#innermost = new TargetDirectory(names, this.#innermost, node);
  }

  /** The walk leaves the innermost directory. */
  pop(): void {
    const left = this.#innermost;
    this.#innermost = left.parent!;
    this.release(left);
  }

  /** The innermost directory, made if need be. Undefined when it cannot be had: that is reported once. */
  current(): TargetDirectory | undefined {
    return this.#ensure(this.#innermost) ? this.#innermost : undefined;
  }

  release(directory: TargetDirectory): void {
    directory.holders -= 1;
    if (directory.holders > 0 || directory.parent === undefined) return;
    const { anchor, node, names, state, parent } = directory;
    if (state === "open" && anchor !== undefined) {
      try {
        if (!this.#parts.isDryRun && node !== undefined)
          this.#parts.metadata.writeToDirectory(anchor.selfPath, metadataOf(node, this.#parts.ownerOf));
      } catch (error) {
        this.#parts.onFault(names, error);
      } finally {
        anchor.close();
        this.#open.delete(directory);
      }
    }
    if (state === "open" || state === "absent") this.release(parent);
  }

  /** Goes to a place restored before, again one component at a time. */
  reach<Result>(names: Names, use: (path: Buffer) => Result): Result {
    const entered: AnchoredDirectory[] = [];
    try {
      let directory = this.#parts.top!;
      for (const name of names.slice(0, -1)) entered.push((directory = directory.enter(name)));
      return use(directory.pathOf(names.at(-1)!));
    } finally {
      for (const anchor of entered) anchor.close();
    }
  }

  /** Lets go of everything that is not finished, as it is. */
  close(): void {
    for (const directory of this.#open) directory.anchor?.close();
  }

  #ensure(directory: TargetDirectory): boolean {
    if (directory.state === "open" || directory.state === "absent") return true;
    if (directory.state === "unreachable" || directory.parent === undefined) return false;
    if (!this.#ensure(directory.parent)) return false;
    try {
      this.#enter(directory, directory.parent);
    } catch (error) {
      directory.state = "unreachable";
      this.#parts.onFault(directory.names, error);
      return false;
    }
    directory.parent.hold();
    this.#parts.onEntered(directory);
    return true;
  }

  #enter(directory: TargetDirectory, above: TargetDirectory): void {
    const name = directory.names.at(-1)!;
    const wasThere = above.namesBefore?.has(name.toString("latin1")) ?? false;
    if (this.#parts.isDryRun && (!wasThere || above.anchor === undefined)) {
      directory.state = "absent";
      return;
    }
    const path = above.anchor!.pathOf(name);
    const existing = wasThere ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
    if (existing !== undefined && !existing.isDirectory()) {
      this.#parts.beforeRemoval();
      if (!this.#parts.isDryRun) unlinkSync(path);
      else directory.state = "absent";
      if (this.#parts.isDryRun) return;
    }
    const isThere = existing?.isDirectory() === true;
    if (!isThere) mkdirSync(path, 0o700);
    const entered = above.anchor!.enter(name);
    try {
      if (isThere && !this.#parts.isDryRun) makeUsable(entered);
      directory.namesBefore = isThere ? new Set(entered.names()) : undefined;
    } catch (error) {
      entered.close();
      throw error;
    }
    directory.anchor = entered;
    directory.state = "open";
    this.#open.add(directory);
  }
}

/** A directory of ours that an earlier restore made read-only takes new entries until it is left again. */
function makeUsable(directory: AnchoredDirectory): void {
  const { mode, uid } = directory.stat();
  const isUsable = (mode & 0o700n) === 0o700n;
  if (!isUsable && Number(uid) === process.geteuid?.()) directory.chmod(Number(mode & 0o7777n) | 0o700);
}
