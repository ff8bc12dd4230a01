import { HoldfastError, systemCodeOf } from "@holdfast/base";
import type {
  DirectoryLook,
  ExtendedAttribute,
  LookedDirectory,
  SourceDirectory,
  SourceEntry,
  TreeNode,
} from "@holdfast/engine";
import { lacksAttributes, linkTargetOf, readAttributes } from "@holdfast/engine/files";
import { sourceErrors } from "../errors.ts";
import type { Describe } from "./describe.ts";
import { openFile } from "./open-file.ts";
import type { TargetTree } from "./target-tree.ts";
import type { DirectoryPlace, WalkedDirectory, WalkedEntry, WalkedLook } from "./walk.ts";

/** Where another thread finds a file while its directory is open. Bytes are one character each (latin1). */
export interface FilePlace {
  readonly path: string;
  readonly name: string;
}

/** A directory of the walk as a backup sees it. */
export class FilesDirectory implements SourceDirectory {
  readonly #walked: WalkedDirectory;
  readonly #describe: Describe;
  readonly #targets: TargetTree | undefined;

  constructor(walked: WalkedDirectory, describe: Describe, targets?: TargetTree) {
    this.#walked = walked;
    this.#describe = describe;
    this.#targets = targets;
  }

  *entries(): Generator<SourceEntry> {
    for (const { target, fault } of this.#targets?.unusable ?? []) {
      yield { kind: "unreadable", name: Buffer.from(target), fault };
    }
    for (const walked of this.#walked.entries()) {
      const entry = this.#entry(walked);
      if (entry !== undefined) yield entry;
    }
  }

  look(): DirectoryLook | undefined {
    if (this.#targets !== undefined) return undefined;
    const seen = this.#walked.look?.(this.#describe.owners);
    if (seen === undefined) return undefined;
    const directories = seen.directories.map((inner) => new LookedFolder(inner, this.#describe));
    return { ...seen, directories };
  }

  close(): void {
    this.#walked.close();
  }

  #entry(walked: WalkedEntry): SourceEntry | undefined {
    const { stats } = walked;
    const name = Buffer.from(walked.name, "latin1");
    if (stats === undefined) return { kind: "unreadable", name, fault: walked.fault };
    const { attributes, fault } = attributesOf(walked);
    const node = this.#describe(name, stats, attributes);
    const kept = { node, ...(fault !== undefined && { fault }) };
    switch (node.type) {
      case "file":
        return {
          kind: "file",
          ...kept,
          get place(): FilePlace {
            return { path: walked.path.toString("latin1"), name: walked.name };
          },
          open: () => openFile({ path: walked.path, name, attributes }, this.#describe),
        };
      case "dir":
        return {
          kind: "directory",
          ...kept,
          place: walked.place,
          open: () => new FilesDirectory(walked.enter(), this.#describe),
        };
      case "symlink":
        return readLink(walked.path, kept);
      case "dev":
      case "chardev":
      case "fifo":
        return { kind: "other", ...kept };
      case "socket":
        return undefined; // meaningless without the program that listens; restic passes them over as well
      case "irregular":
        return {
          kind: "unreadable",
          name,
          fault: new HoldfastError(sourceErrors.unsupportedType, "Not a known type of file."),
        };
    }
  }
}

/** A subdirectory that was seen in passing. */
class LookedFolder implements LookedDirectory {
  readonly #walked: WalkedLook["directories"][number];
  readonly #describe: Describe;

  constructor(walked: WalkedLook["directories"][number], describe: Describe) {
    this.#walked = walked;
    this.#describe = describe;
  }

  get name(): Buffer {
    return Buffer.from(this.#walked.name, "latin1");
  }

  get place(): DirectoryPlace {
    return this.#walked.place;
  }

  open(): SourceDirectory {
    return new FilesDirectory(this.#walked.enter(), this.#describe);
  }
}

const withoutAttributes = { attributes: [] };

/** Attributes and ACLs of an entry; what keeps them from being read is part of the answer. */
function attributesOf(walked: WalkedEntry): { attributes: readonly ExtendedAttribute[]; fault?: unknown } {
  if (!walked.isOnTheWay && lacksAttributes(walked.absolutePath)) return withoutAttributes;
  const path = walked.isOnTheWay ? Buffer.concat([walked.path, Buffer.from("/.")]) : walked.path;
  try {
    return { attributes: readAttributes(path) };
  } catch (fault) {
    // Directories above the targets are often somebody else's, and nobody asked for them.
    return walked.isOnTheWay || systemCodeOf(fault) === "ENOENT" ? { attributes: [] } : { attributes: [], fault };
  }
}

function readLink(path: Buffer, kept: { node: TreeNode; fault?: unknown }): SourceEntry {
  try {
    return { kind: "other", ...kept, node: { ...kept.node, linkTarget: linkTargetOf(path) } };
  } catch (fault) {
    return { kind: "unreadable", name: kept.node.name, fault };
  }
}
