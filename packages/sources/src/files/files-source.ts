import { closeSync, constants, fstatSync, openSync, read as readCallback, readSync, type BigIntStats } from "node:fs";
import { posix } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { promisify } from "node:util";
import { HoldfastError, systemCodeOf } from "@holdfast/base";
import {
  describeFile,
  linkTargetOf,
  native,
  ownerNames,
  readAttributes,
  withoutNativeStatement,
  type BackupSource,
  type ExtendedAttribute,
  type OwnerNames,
  type SourceDirectory,
  type SourceEntry,
  type SourceFile,
  type SourceTotals,
  type TreeNode,
} from "@holdfast/engine";
import { sourceErrors } from "../errors.ts";
import { Selection, type ExcludeOptions } from "./selection.ts";
import { targetTree, type TargetTree } from "./target-tree.ts";
import { walkTargets, type WalkedDirectory, type WalkedEntry } from "./walk.ts";

export interface FilesOptions extends ExcludeOptions {
  /** Files and directories to back up, absolute or relative to `workingDir`. */
  readonly targets: readonly string[];
  readonly workingDir: string;
}

/**
 * The files of this machine as something to back up, with restic's choice of what belongs to it and how it is arranged.
 * @throws ENGINE_BAD_PATTERN, SOURCE_MISSING when no target exists
 */
export function filesSource(options: FilesOptions): BackupSource {
  const selection = new Selection(options);
  const targets = targetTree(options.targets, options.workingDir);
  const walk = () => walkTargets(targets.root, selection);
  return {
    targets: options.targets
      .filter((target) => !targets.unusable.some((each) => each.target === target))
      .map((target) => posix.resolve(options.workingDir, target)),
    excludes: options.excludes ?? [],
    notKept: native === undefined ? withoutNativeStatement : undefined,
    open: async () => new FilesDirectory(walk(), ownerNames(), targets),
    measure: (onTotals, signal) => measure(walk(), onTotals, signal),
  };
}

class FilesDirectory implements SourceDirectory {
  readonly #walked: WalkedDirectory;
  readonly #owners: OwnerNames;
  readonly #targets: TargetTree | undefined;

  constructor(walked: WalkedDirectory, owners: OwnerNames, targets?: TargetTree) {
    this.#walked = walked;
    this.#owners = owners;
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

  close(): void {
    this.#walked.close();
  }

  #entry(walked: WalkedEntry): SourceEntry | undefined {
    const { stats } = walked;
    const name = Buffer.from(walked.name, "latin1");
    if (stats === undefined) return { kind: "unreadable", name, fault: walked.fault };
    const { attributes, fault } = attributesOf(walked);
    const node = describeFile(name, stats, this.#owners, attributes);
    const kept = { node, ...(fault !== undefined && { fault }) };
    switch (node.type) {
      case "file":
        return { kind: "file", ...kept, open: async () => openFile(walked.path, node, this.#owners) };
      case "dir":
        return { kind: "directory", ...kept, open: async () => new FilesDirectory(walked.enter(), this.#owners) };
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

/** Attributes and ACLs of an entry; what keeps them from being read is part of the answer. */
function attributesOf(walked: WalkedEntry): { attributes: readonly ExtendedAttribute[]; fault?: unknown } {
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

// A fifo that took the file's place must not make the opening wait; reading must not change the access time.
const readFlags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
const noAccessTime = process.platform === "linux" ? constants.O_NOATIME : 0;
const readAsync = promisify(readCallback);

/** @throws the system's error; SOURCE_REPLACED when it is no file any more */
function openFile(path: Buffer, seen: TreeNode, owners: OwnerNames): SourceFile {
  const fd = openForReading(path);
  try {
    const opened = fstatSync(fd, { bigint: true });
    if (!opened.isFile()) {
      throw new HoldfastError(sourceErrors.replaced, "It was replaced by something else before it could be read.");
    }
    return new OpenFile(fd, opened, describeFile(seen.name, opened, owners, seen.extendedAttributes));
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function openForReading(path: Buffer): number {
  try {
    return openSync(path, readFlags | noAccessTime);
  } catch (error) {
    // Only the owner and root may leave the access time alone.
    if (noAccessTime === 0 || systemCodeOf(error) !== "EPERM") throw error;
    return openSync(path, readFlags);
  }
}

class OpenFile implements SourceFile {
  readonly node: TreeNode;
  readonly #fd: number;
  readonly #opened: BigIntStats;

  constructor(fd: number, opened: BigIntStats, node: TreeNode) {
    this.#fd = fd;
    this.#opened = opened;
    this.node = node;
  }

  async read(into: Uint8Array): Promise<number> {
    // One read takes a small file whole; going through the thread pool would cost more than the read.
    if (this.#opened.size < into.byteLength) return readSync(this.#fd, into);
    const { bytesRead } = await readAsync(this.#fd, into, 0, into.byteLength, null);
    return bytesRead;
  }

  hasChanged(): boolean {
    const now = fstatSync(this.#fd, { bigint: true });
    const then = this.#opened;
    return now.size !== then.size || now.mtimeNs !== then.mtimeNs || now.ctimeNs !== then.ctimeNs;
  }

  close(): void {
    closeSync(this.#fd);
  }
}

const turnEntries = 64;

async function measure(
  top: WalkedDirectory,
  onTotals: (totals: SourceTotals) => void,
  signal: AbortSignal | undefined,
): Promise<void> {
  let entriesSinceTurn = 0;
  let files = 0;
  let bytes = 0;
  const visit = async (directory: WalkedDirectory): Promise<void> => {
    try {
      for (const entry of directory.entries()) {
        entriesSinceTurn += 1;
        if (entriesSinceTurn >= turnEntries) {
          entriesSinceTurn = 0;
          await nextTurn();
          signal?.throwIfAborted();
        }
        if (entry.stats?.isFile() === true) {
          files += 1;
          bytes += Number(entry.stats.size);
        } else if (entry.stats?.isDirectory() === true) {
          const inner = tryEnter(entry);
          if (inner !== undefined) await visit(inner);
        }
      }
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error; // what cannot be listed is not counted
    } finally {
      directory.close();
    }
    onTotals({ files, bytes });
  };
  await visit(top);
}

function tryEnter(entry: WalkedEntry): WalkedDirectory | undefined {
  try {
    return entry.enter();
  } catch {
    return undefined;
  }
}
