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
  readonly anchor: AnchoredDirectory | undefined;
  /** Selected entries in the order of their names' bytes; sockets and what vanished meanwhile are passed over. */
  entries(): Iterable<WalkedEntry>;
  close(): void;
}

/** The invisible top: it has the first component of each target for entries. */
export function walkTargets(root: ReadonlyMap<string, TargetNode>, selection: Selection): WalkedDirectory {
  return {
    anchor: undefined,
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
    const entry = look(name, path);
    if (entry?.stats === undefined) return entry && { ...entry, enter: neverEntered };
    if (entry.stats.isSocket()) return undefined;
    const device = entry.stats.dev;
    const enter = () => {
      const anchor = AnchoredDirectory.open(path, { followLink: false });
      return new FullDirectory({ anchor, components: decodePath(target.path), device, target, selection });
    };
    return { ...entry, enter };
  }
  try {
    const anchor = AnchoredDirectory.open(path);
    try {
      return { name, path, isOnTheWay: true, stats: anchor.stat(), enter: () => wayDirectory(target, selection) };
    } finally {
      anchor.close();
    }
  } catch (fault) {
    return { name, path, isOnTheWay: true, stats: undefined, fault, enter: neverEntered };
  }
}

/** A directory on the way to targets: nothing else of it is wanted. */
function wayDirectory(target: TargetNode, selection: Selection): WalkedDirectory {
  const inner = walkTargets(target.children, selection);
  const anchor = AnchoredDirectory.open(Buffer.from(target.path, "latin1"));
  return { anchor, close: () => anchor.close(), entries: () => inner.entries() };
}

interface Place {
  readonly anchor: AnchoredDirectory;
  readonly components: readonly string[];
  /** File system of the target that led here. */
  readonly device: bigint;
  /** Set while targets of their own may lie below. */
  readonly target: TargetNode | undefined;
  readonly selection: Selection;
}

/** A directory of which everything is wanted that is not excluded. */
class FullDirectory implements WalkedDirectory {
  readonly #place: Place;

  constructor(place: Place) {
    this.#place = place;
  }

  get anchor(): AnchoredDirectory {
    return this.#place.anchor;
  }

  close(): void {
    this.#place.anchor.close();
  }

  *entries(): Generator<WalkedEntry> {
    const { anchor, components, device, target, selection } = this.#place;
    const ownDevice = anchor.stat().dev;
    for (const name of selection.keptNames(anchor, anchor.names())) {
      const inner = target?.children.get(name);
      if (inner?.isTarget === true) {
        const entry = onTheWay(name, inner, selection);
        if (entry !== undefined) yield entry;
        continue;
      }
      const path = [...components, decodeName(name)];
      const isExcluded = selection.excludesPath(path);
      if (isExcluded && inner !== undefined) {
        const entry = onTheWay(name, inner, selection);
        if (entry !== undefined) yield entry;
      }
      if (isExcluded) continue;
      const bytes = Buffer.from(name, "latin1");
      const entry = look(name, anchor.pathOf(bytes));
      if (entry === undefined) continue;
      const { stats } = entry;
      if (stats === undefined) yield { ...entry, enter: neverEntered };
      else if (!stats.isSocket() && !selection.excludesFile(stats, device, ownDevice)) {
        const enter = () => {
          const entered = anchor.enter(bytes);
          return new FullDirectory({ anchor: entered, components: path, device, target: inner, selection });
        };
        yield { ...entry, enter };
      }
    }
  }
}

/** What the system says of an entry; undefined when it is not there any more. */
function look(name: string, path: Buffer): Omit<WalkedEntry, "enter"> | undefined {
  try {
    const stats = lstatSync(path, { bigint: true, throwIfNoEntry: false });
    return stats && { name, path, isOnTheWay: false, stats };
  } catch (fault) {
    return { name, path, isOnTheWay: false, stats: undefined, fault };
  }
}

function neverEntered(): never {
  throw new Error("an entry that could not be looked at is never entered");
}
