import { lstatSync, readdirSync } from "node:fs";
import { posix } from "node:path";
import { HoldfastError, systemCodeOf } from "@holdfast/base";
import { sourceErrors } from "../errors.ts";

/**
 * The targets of a backup as the top of its tree: below the root of an absolute target all directories on the way to it,
 * below a relative one those of the relative path. Names and paths hold bytes, one character each (latin1).
 */
export interface TargetNode {
  /** Where it lies on this machine, absolute. */
  readonly path: string;
  /** True when everything below is wanted; else only `children` are. */
  isTarget: boolean;
  readonly children: Map<string, TargetNode>;
}

export interface TargetTree {
  readonly root: ReadonlyMap<string, TargetNode>;
  /** Targets that are not there. */
  readonly missing: readonly string[];
}

/**
 * Arranges targets as restic does. A target that is only a way to a directory (`/`, `.`, `../..`) stands for the entries
 * of that directory; two relative targets of the same first name in different places get `-1`, `-2` behind it.
 *
 * @param targets paths as text, absolute or relative to `workingDir`
 * @throws SOURCE_MISSING when none of them exists
 * @see restic-format section 8.6
 */
export function targetTree(targets: readonly string[], workingDir: string): TargetTree {
  const root = new Map<string, TargetNode>();
  const missing: string[] = [];
  for (const target of targets) {
    const base = toLatin1(workingDir);
    const path = posix.resolve(base, toLatin1(target));
    if (!exists(path)) {
      missing.push(target);
      continue;
    }
    const { start, names } = split(toLatin1(target), base);
    if (names.length > 0) add(root, start, names);
    else for (const name of entriesOf(path)) add(root, path, [name]);
  }
  if (missing.length === targets.length) {
    throw new HoldfastError(sourceErrors.missing, `None of the paths to back up exists: ${missing.join(", ")}`);
  }
  return { root, missing };
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

function add(root: Map<string, TargetNode>, start: string, names: readonly string[]): void {
  const [first, ...rest] = names as [string, ...string[]];
  const rootPath = posix.join(start, first);
  let name = first;
  for (let suffix = 1; root.has(name) && root.get(name)!.path !== rootPath; suffix += 1) name = `${first}-${suffix}`;
  let node = childOf(root, name, rootPath);
  for (const next of rest) node = childOf(node.children, next, posix.join(node.path, next));
  node.isTarget = true;
}

function childOf(children: Map<string, TargetNode>, name: string, path: string): TargetNode {
  const child = children.get(name) ?? { path, isTarget: false, children: new Map() };
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
export function toLatin1(text: string): string {
  return Buffer.from(text).toString("latin1");
}
