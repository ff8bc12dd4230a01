import { lstatSync, mkdirSync, unlinkSync } from "node:fs";
import { AnchoredDirectory } from "../filesystem/anchored-directory.ts";
import type { TreeNode } from "../tree/node.ts";
import { writeDirectoryMetadata, type WithheldMetadata } from "./metadata.ts";
import type { Names } from "./walk-tree.ts";

interface Level {
  readonly names: Names;
  readonly node: TreeNode;
  /** Undefined until something in it needs it to be there. */
  anchor: AnchoredDirectory | undefined;
  isUnreachable: boolean;
}

export interface TargetLevelsParts {
  readonly top: AnchoredDirectory;
  readonly withheld: WithheldMetadata;
  /** Called before something that is no directory is removed to make room for one. @throws to keep it */
  readonly beforeRemoval: () => void;
  readonly onFault: (names: Names, error: unknown) => void;
  readonly onEntered: () => void;
}

/**
 * The directories from the top of the target down to where the restore is. Each is made when it is first needed, held by
 * its handle, and given its metadata when it is left, after everything in it.
 */
export class TargetLevels {
  readonly #parts: TargetLevelsParts;
  readonly #levels: Level[] = [];

  constructor(parts: TargetLevelsParts) {
    this.#parts = parts;
  }

  push(names: Names, node: TreeNode): void {
    this.#levels.push({ names, node, anchor: undefined, isUnreachable: false });
  }

  /** Ends the innermost directory. */
  pop(): void {
    const { anchor, names, node } = this.#levels.pop()!;
    if (anchor === undefined) return;
    try {
      writeDirectoryMetadata(anchor.selfPath, node, this.#parts.withheld);
    } catch (error) {
      this.#parts.onFault(names, error);
    } finally {
      anchor.close();
    }
  }

  /** The innermost directory. Undefined when it cannot be had: that is reported once, and what is in it left out. */
  current(): AnchoredDirectory | undefined {
    let above = this.#parts.top;
    for (const level of this.#levels) {
      if (level.isUnreachable) return undefined;
      if (level.anchor === undefined) {
        try {
          level.anchor = this.#enter(above, level.names.at(-1)!);
        } catch (error) {
          level.isUnreachable = true;
          this.#parts.onFault(level.names, error);
          return undefined;
        }
        this.#parts.onEntered();
      }
      above = level.anchor;
    }
    return above;
  }

  /** Goes to a place restored before, again one component at a time. */
  reach<Result>(names: Names, use: (path: Buffer) => Result): Result {
    const entered: AnchoredDirectory[] = [];
    try {
      let directory = this.#parts.top;
      for (const name of names.slice(0, -1)) entered.push((directory = directory.enter(name)));
      return use(directory.pathOf(names.at(-1)!));
    } finally {
      for (const anchor of entered) anchor.close();
    }
  }

  close(): void {
    for (const level of this.#levels) level.anchor?.close();
  }

  #enter(above: AnchoredDirectory, name: Buffer): AnchoredDirectory {
    const path = above.pathOf(name);
    const existing = lstatSync(path, { throwIfNoEntry: false });
    if (existing !== undefined && !existing.isDirectory()) {
      this.#parts.beforeRemoval();
      unlinkSync(path);
    }
    if (existing?.isDirectory() !== true) mkdirSync(path, 0o700);
    const entered = above.enter(name);
    try {
      makeUsable(entered);
    } catch (error) {
      entered.close();
      throw error;
    }
    return entered;
  }
}

/** A directory of ours that an earlier restore made read-only takes new entries until it is left again. */
function makeUsable(directory: AnchoredDirectory): void {
  const { mode, uid } = directory.stat();
  const isUsable = (mode & 0o700n) === 0o700n;
  if (!isUsable && Number(uid) === process.geteuid?.()) directory.chmod(Number(mode & 0o7777n) | 0o700);
}
