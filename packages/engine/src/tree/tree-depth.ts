import { HoldfastError } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { displayPath } from "./name-quoting.ts";

/**
 * Directories in directories that are gone into. Each level holds its path and, in a restore, a handle; nobody has a
 * tenth of this, but whoever writes trees by hand can have any number for next to nothing.
 */
export const treeDepthMax = 2048;

/** What is told of a directory that lies too deep. @param names the way to it */
export function tooDeep(names: readonly Uint8Array[]): HoldfastError {
  const where = displayPath(names.slice(0, 20));
  return new HoldfastError(
    engineErrors.entryRefused,
    `A directory ${names.length} levels below ${where} lies too deep; what is in it was left out.`,
  );
}
