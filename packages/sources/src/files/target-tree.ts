import { lstatSync, readdirSync } from "node:fs";
import { posix } from "node:path";
import { assert, HoldfastError, systemCodeOf } from "@holdfast/base";
import { sourceErrors } from "../errors.ts";

/**
 * The targets of a backup as the top of its tree: below the root of an absolute target all directories on the way to it,
 * below a relative one those of the relative path. Names and paths hold bytes, one character each (latin1).
 */
export interface TargetNode {
  /** Where it lies on this machine, absolute. */
  readonly path: string;
  /** True when it was given by its own path: then it is wanted with everything below, and no exclude takes it away. */
  isTarget: boolean;
  /** True when the directory it lies in stands among the targets, so it is wanted unless something excludes it. */
  isListed: boolean;
  /** Targets below it. */
  readonly children: Map<string, TargetNode>;
}

export interface TargetTree {
  readonly root: ReadonlyMap<string, TargetNode>;
  /** Targets that are missing or cannot be listed, and why. */
  readonly unusable: readonly { readonly target: string; readonly fault: Error }[];
}

/**
 * Arranges targets as restic does. A target that is only a way to a directory (`/`, `.`, `../..`) stands for the entries
 * of that directory; two relative targets of the same first name in different places get `-1`, `-2` behind it.
 *
 * @param targets paths as text, absolute or relative to `workingDir`
 * @throws SOURCE_MISSING or the system's error when none of them can be used
 * @see restic-format section 8.6
 */
export function targetTree(targets: readonly string[], workingDir: string): TargetTree {
  const root = new Map<string, TargetNode>();
  const unusable: { target: string; fault: Error }[] = [];
  for (const target of targets) {
    const base = toLatin1(workingDir);
    const path = posix.resolve(base, toLatin1(target));
    const { start, names } = split(toLatin1(target), base);
    try {
      if (!exists(path)) throw new HoldfastError(sourceErrors.missing, `${target} does not exist.`);
      if (names.length > 0) add(root, start, names).isTarget = true;
      else for (const name of entriesOf(path)) add(root, path, [name]).isListed = true;
    } catch (fault) {
      assert(fault instanceof Error, "only errors are thrown");
      unusable.push({ target, fault });
    }
  }
  if (unusable.length === targets.length) throw unusable[0]?.fault ?? noTargets();
  return { root, unusable };
}

function noTargets(): HoldfastError {
  return new HoldfastError(sourceErrors.missing, "No path to back up was given.");
}

/** Where a target's own names begin, and those names: `..` at its front only moves the start. */
function split(target: string, base: string): { start: string; names: string[] } {
  const clean = posix.normalize(target);
  if (clean.startsWith("/")) return { start: "/", names: clean.split("/").filter(Boolean) };
  const components = clean.split("/").filter((component) => component !== "" && component !== ".");
  const ups = components.findIndex((component) => component !== "..");
  const upCount = ups < 0 ? components.length : ups;
  return { start: posix.join(base, ...components.slice(0, upCount)), names: components.slice(upCount) };
}

function add(root: Map<string, TargetNode>, start: string, names: readonly string[]): TargetNode {
  const [first, ...rest] = names as [string, ...string[]];
  const rootPath = posix.join(start, first);
  let name = first;
  for (let suffix = 1; root.has(name) && root.get(name)!.path !== rootPath; suffix += 1) name = `${first}-${suffix}`;
  let node = childOf(root, name, rootPath);
  for (const next of rest) node = childOf(node.children, next, posix.join(node.path, next));
  return node;
}

function childOf(children: Map<string, TargetNode>, name: string, path: string): TargetNode {
  const child = children.get(name) ?? { path, isTarget: false, isListed: false, children: new Map() };
  children.set(name, child);
  return child;
}

function exists(path: string): boolean {
  try {
    lstatSync(Buffer.from(path, "latin1"));
    return true;
  } catch (error) {
    // One that may not be looked at is there all the same; it is reported when it is its turn.
    return systemCodeOf(error) !== "ENOENT" && systemCodeOf(error) !== "ENOTDIR";
  }
}

function entriesOf(path: string): string[] {
  return readdirSync(Buffer.from(path, "latin1"), { encoding: "latin1" });
}

/** UTF-8 bytes of text, each as one character. */
function toLatin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}
