import { lstatSync, type BigIntStats } from "node:fs";
import { AnchoredDirectory, decodeName } from "@holdfast/engine";
import { decodePath, type Selection } from "./selection.ts";
import type { TargetNode } from "./target-tree.ts";

/** An entry that belongs to the backup. */
export interface WalkedEntry {
  /** Bytes (latin1). In the root it may differ from the last component of the path. */
  readonly name: string;
  /** Where to reach it while its directory is open. */
  readonly path: Buffer;
  /** Where to look for it later. */
  absolutePath(): Buffer;
  readonly stats: BigIntStats | undefined;
  /** True for a directory that only leads to targets; symlinks at its path were followed. */
  readonly isOnTheWay: boolean;
  /** Why `stats` is undefined. */
  readonly fault?: unknown;
  /** Opens the directory that it is. @throws the system's error */
  enter(): WalkedDirectory;
}

/** A directory that the walk has entered. */
export interface WalkedDirectory {
  /** Selected entries in the order of their names' bytes; sockets and what vanished meanwhile are passed over. */
  entries(): Iterable<WalkedEntry>;
  close(): void;
}

/** The invisible top: it has the first component of each target for entries. */
export function walkTargets(root: ReadonlyMap<string, TargetNode>, selection: Selection): WalkedDirectory {
  return {
    close: () => {},
    *entries() {
      for (const name of [...root.keys()].sort()) {
        const target = root.get(name)!;
        const entry = onTheWay(name, target, selection);
        if (entry !== undefined) yield entry;
      }
    },
  };
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
    if (entry.stats.isSocket()) return undefined;
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
  const entry = { name, path, absolutePath: () => path, isOnTheWay: true };
  try {
    const anchor = AnchoredDirectory.open(path);
    try {
      return { ...entry, stats: anchor.stat(), enter: () => wayDirectory(target, selection) };
    } finally {
      anchor.close();
    }
  } catch (fault) {
    return { ...entry, stats: undefined, fault, enter: neverEntered };
  }
}

/** A directory on the way to targets: nothing else of it is wanted. */
function wayDirectory(target: TargetNode, selection: Selection): WalkedDirectory {
  return walkTargets(target.children, selection);
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
  readonly #device: bigint;
  readonly #place: Place;

  private constructor(anchor: AnchoredDirectory, place: Place) {
    this.#anchor = anchor;
    this.#names = place.selection.keptNames(anchor, anchor.names());
    this.#device = anchor.stat().dev;
    this.#place = place;
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
      const entry = this.#entry(name);
      if (entry !== undefined) yield entry;
    }
  }

  #entry(name: string): WalkedEntry | undefined {
    const { path, components, device, target, selection } = this.#place;
    const inner = target?.children.get(name);
    if (inner?.isTarget === true) return onTheWay(name, inner, selection);
    const entryComponents = [...components, decodeName(name)];
    // A target of its own below something excluded is wanted all the same.
    if (selection.excludesPath(entryComponents)) return inner && onTheWay(name, inner, selection);
    const bytes = Buffer.from(name, "latin1");
    const entryPath = path === "/" ? `/${name}` : `${path}/${name}`;
    const entry = look(name, this.#anchor.pathOf(bytes), entryPath);
    if (entry?.stats === undefined) return entry && { ...entry, enter: neverEntered };
    if (entry.stats.isSocket() || selection.excludesFile(entry.stats, device, this.#device)) return undefined;
    const place = { path: entryPath, components: entryComponents, device, target: inner, selection };
    return { ...entry, enter: () => FullDirectory.open(() => this.#anchor.enter(bytes), place) };
  }
}

/** What the system says of an entry; undefined when it is not there any more. @param absolute its path (latin1) */
function look(name: string, path: Buffer, absolute: string): Omit<WalkedEntry, "enter"> | undefined {
  const entry = { name, path, absolutePath: () => Buffer.from(absolute, "latin1"), isOnTheWay: false };
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
