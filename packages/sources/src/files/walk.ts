import { lstatSync } from "node:fs";
import { posix } from "node:path";
import type { DirectoryLook } from "@holdfast/engine";
import {
  AnchoredDirectory,
  decodeName,
  isDirectory,
  isSocket,
  type FileStats,
  type OwnerNames,
} from "@holdfast/engine/files";
import { lookAtEntries } from "./directory-look.ts";
import { decodePath, type Selection } from "./selection.ts";
import type { TargetNode } from "./target-tree.ts";

/** An entry that belongs to the backup. */
export interface WalkedEntry {
  /** Bytes (latin1). In the root it may differ from the last component of the path. */
  readonly name: string;
  /** Where to reach it while its directory is open. */
  readonly path: Buffer;
  /** Its absolute path (latin1), which may lead elsewhere by now. */
  readonly absolutePath: string;
  readonly stats: FileStats | undefined;
  /** True for a directory that only leads to targets; symlinks at its path were followed. */
  readonly isOnTheWay: boolean;
  /** Why `stats` is undefined. */
  readonly fault?: unknown;
  /** Where another thread can enter the directory that it is; undefined where only its own directory knows enough. */
  readonly place?: DirectoryPlace | undefined;
  /** Opens the directory that it is. @throws the system's error */
  enter(): WalkedDirectory;
}

/** A directory of which everything is wanted that is not excluded, while the one it lies in is open. */
export interface DirectoryPlace {
  /** Where it can be opened (latin1). */
  readonly anchored: string;
  /** Its absolute path (latin1). */
  readonly path: string;
  /** File system of the target that led here. */
  readonly device: bigint;
}

/** Enters a directory by its place. @throws the system's error: ENOTDIR or ELOOP when it is a symlink by now */
export function enterPlace({ anchored, path, device }: DirectoryPlace, selection: Selection): WalkedDirectory {
  const place = { path, components: decodePath(path), device, target: undefined, selection };
  return FullDirectory.open(() => AnchoredDirectory.at(Buffer.from(anchored, "latin1")), place);
}

/** A directory that the walk has entered. */
export interface WalkedDirectory {
  /** Selected entries in the order of their names' bytes; sockets and what vanished meanwhile are passed over. */
  entries(): Iterable<WalkedEntry>;
  /** Undefined where nothing but its entries shows whether it is as it was. */
  look?(owners: OwnerNames): WalkedLook | undefined;
  close(): void;
}

/** A directory at a glance; its subdirectories are named in bytes (latin1). */
export interface WalkedLook extends Omit<DirectoryLook, "directories"> {
  readonly directories: readonly {
    readonly name: string;
    readonly place: DirectoryPlace;
    enter(): WalkedDirectory;
  }[];
}

/** The invisible top: it has the first component of each target for entries. */
export function walkTargets(root: ReadonlyMap<string, TargetNode>, selection: Selection): WalkedDirectory {
  const opened = new Map<string, FullDirectory>();
  return {
    *entries() {
      for (const name of [...root.keys()].sort()) {
        const target = root.get(name)!;
        const isOrdinary = target.isListed && !target.isTarget;
        const entry = isOrdinary ? listedEntry(name, target, opened, selection) : onTheWay(name, target, selection);
        if (entry !== undefined) yield entry;
      }
    },
    close: () => {
      for (const directory of opened.values()) directory.close();
    },
  };
}

/** An entry of a directory that was given as `.` or the like: part of the backup as any entry of a directory is. */
function listedEntry(
  name: string,
  target: TargetNode,
  opened: Map<string, FullDirectory>,
  selection: Selection,
): WalkedEntry | undefined {
  const { dir: path, base } = posix.parse(target.path);
  let directory = opened.get(path);
  try {
    if (directory === undefined) {
      const anchor = AnchoredDirectory.open(Buffer.from(path, "latin1"));
      const device = anchor.stat().dev;
      const place = { path, components: decodePath(path), device, target: undefined, selection };
      directory = FullDirectory.open(() => anchor, place);
      opened.set(path, directory);
    }
    const entry = directory.has(base) ? directory.entry(base, target) : undefined;
    return entry && { ...entry, name };
  } catch (fault) {
    return { ...unseen(name, Buffer.from(target.path, "latin1")), fault };
  }
}

/**
 * An entry that leads to targets or is one. On the way symlinks are followed, as the path that was given says; a target
 * itself is taken as what it is.
 */
function onTheWay(name: string, target: TargetNode, selection: Selection): WalkedEntry | undefined {
  const path = Buffer.from(target.path, "latin1");
  if (target.isTarget) {
    const entry = look(name, path, target.path);
    if (entry?.stats === undefined) return entry && { ...entry, enter: neverEntered };
    if (isSocket(entry.stats)) return undefined;
    const device = entry.stats.dev;
    const enter = () =>
      FullDirectory.open(() => AnchoredDirectory.open(path, { followLink: false }), {
        path: target.path,
        components: decodePath(target.path),
        device,
        target,
        selection,
      });
    return { ...entry, enter };
  }
  const entry = unseen(name, path);
  try {
    const anchor = AnchoredDirectory.open(path);
    try {
      return { ...entry, stats: anchor.stat(), enter: () => walkTargets(target.children, selection) };
    } finally {
      anchor.close();
    }
  } catch (fault) {
    return { ...entry, fault };
  }
}

function unseen(name: string, path: Buffer): WalkedEntry {
  return { name, path, absolutePath: path.toString("latin1"), isOnTheWay: true, stats: undefined, enter: neverEntered };
}

interface Place {
  /** Absolute, as bytes (latin1). */
  readonly path: string;
  /** The same as patterns see it. */
  readonly components: readonly string[];
  /** File system of the target that led here. */
  readonly device: bigint;
  /** Set while targets of their own may lie below. */
  readonly target: TargetNode | undefined;
  readonly selection: Selection;
}

/** A directory of which everything is wanted that is not excluded. */
class FullDirectory implements WalkedDirectory {
  readonly #anchor: AnchoredDirectory;
  readonly #names: readonly string[];
  #nameSet: Set<string> | undefined;
  #ownDevice: bigint | undefined;
  readonly #place: Place;

  private constructor(anchor: AnchoredDirectory, place: Place) {
    this.#anchor = anchor;
    this.#names = place.selection.keptNames(anchor, anchor.names());
    this.#place = place;
  }

  /** The file system that it lies on. */
  get #device(): bigint {
    return (this.#ownDevice ??= this.#anchor.stat().dev);
  }

  /** Lists at once, so that a directory that cannot be listed fails when it is entered. @throws the system's error */
  static open(openAnchor: () => AnchoredDirectory, place: Place): FullDirectory {
    const anchor = openAnchor();
    try {
      return new FullDirectory(anchor, place);
    } catch (error) {
      anchor.close();
      throw error;
    }
  }

  close(): void {
    this.#anchor.close();
  }

  *entries(): Generator<WalkedEntry> {
    for (const name of this.#names) {
      const entry = this.entry(name, this.#place.target?.children.get(name));
      if (entry !== undefined) yield entry;
    }
  }

  look(owners: OwnerNames): WalkedLook | undefined {
    const { target, components, device, selection } = this.#place;
    if (target !== undefined && target.children.size > 0) return undefined;
    const found = lookAtEntries(this.#anchor, this.#names, owners, {
      excludesName: selection.hasPatterns
        ? (name) => selection.excludesPath([...components, decodeName(name)])
        : undefined,
      excludesFile: selection.looksAtFiles ? (stats) => selection.excludesFile(stats, device, this.#device) : undefined,
    });
    return found && { ...found, directories: found.directories.map((name) => this.#looked(name)) };
  }

  #looked(name: string): LookedFolder {
    const { path, components, device, selection } = this.#place;
    return new LookedFolder(this.#anchor, name, {
      path: path === "/" ? `/${name}` : `${path}/${name}`,
      components: selection.hasPatterns ? [...components, decodeName(name)] : [],
      device,
      target: undefined,
      selection,
    });
  }

  /** Whether it lists a name, tag files considered. */
  has(name: string): boolean {
    this.#nameSet ??= new Set(this.#names);
    return this.#nameSet.has(name);
  }

  /** One entry, if it is selected. @param inner the targets at and below it */
  entry(name: string, inner: TargetNode | undefined): WalkedEntry | undefined {
    const { path, components, device, selection } = this.#place;
    if (inner?.isTarget === true) return onTheWay(name, inner, selection);
    const entryComponents = selection.hasPatterns ? [...components, decodeName(name)] : [];
    if (selection.hasPatterns && selection.excludesPath(entryComponents)) {
      // A target of its own below something excluded is wanted all the same.
      return inner !== undefined && inner.children.size > 0 ? onTheWay(name, inner, selection) : undefined;
    }
    const absolutePath = path === "/" ? `/${name}` : `${path}/${name}`;
    const anchor = this.#anchor;
    const entry = {
      name,
      absolutePath,
      isOnTheWay: false,
      get path() {
        return anchor.pathOf(Buffer.from(name, "latin1"));
      },
    };
    let stats: FileStats | undefined;
    try {
      stats = anchor.statOf(name);
    } catch (fault) {
      return { ...entry, stats: undefined, fault, enter: neverEntered };
    }
    if (stats === undefined || isSocket(stats)) return undefined;
    if (selection.looksAtFiles && selection.excludesFile(stats, device, this.#device)) return undefined;
    if (!isDirectory(stats)) return Object.assign(entry, { stats, enter: neverEntered });
    const place = { path: absolutePath, components: entryComponents, device, target: inner, selection };
    return Object.assign(entry, {
      stats,
      place: inner === undefined ? { anchored: entry.path.toString("latin1"), path: absolutePath, device } : undefined,
      enter: () => FullDirectory.open(() => anchor.enter(Buffer.from(name, "latin1")), place),
    });
  }
}

/** A subdirectory that was seen in passing. */
class LookedFolder {
  readonly name: string;
  readonly #anchor: AnchoredDirectory;
  readonly #inner: Place;

  constructor(anchor: AnchoredDirectory, name: string, inner: Place) {
    this.name = name;
    this.#anchor = anchor;
    this.#inner = inner;
  }

  get place(): DirectoryPlace {
    const anchored = this.#anchor.pathOf(Buffer.from(this.name, "latin1")).toString("latin1");
    return { anchored, path: this.#inner.path, device: this.#inner.device };
  }

  enter(): WalkedDirectory {
    return FullDirectory.open(() => this.#anchor.enter(Buffer.from(this.name, "latin1")), this.#inner);
  }
}

/** What the system says of a target; undefined when it is not there any more. @param absolutePath (latin1) */
function look(name: string, path: Buffer, absolutePath: string): Omit<WalkedEntry, "enter"> | undefined {
  const entry = { name, path, absolutePath, isOnTheWay: false };
  try {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return stats && { ...entry, stats };
  } catch (fault) {
    return { ...entry, stats: undefined, fault };
  }
}

function neverEntered(): never {
  throw new Error("an entry that could not be looked at is never entered");
}
