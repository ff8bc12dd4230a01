import { lstatSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { Glob } from "@holdfast/engine/files";

/**
 * The paths that a pattern names, in order: `*`, `?` and `[…]` within a name, as Go's filepath.Glob has them for
 * restic's --files-from. What cannot be listed holds nothing.
 *
 * @throws ENGINE_BAD_PATTERN
 */
export function globPaths(pattern: string): string[] {
  let found = [pattern.startsWith("/") ? "/" : ""];
  for (const component of pattern.split("/").filter((each) => each !== "")) {
    const next = /[*?[\\]/.test(component) ? matching(new Glob(component)) : existing(component);
    found = found.flatMap(next);
  }
  return found;
}

const matching = (glob: Glob) => (folder: string) =>
  namesIn(folder)
    .filter((name) => glob.matches(name))
    .sort()
    .map((name) => join(folder, name));

const existing = (name: string) => (folder: string) => {
  const path = join(folder, name);
  return lstatSync(path, { throwIfNoEntry: false }) === undefined ? [] : [path];
};

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder === "" ? "." : folder);
  } catch {
    return [];
  }
}
