import { realpath } from "node:fs/promises";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { HoldfastError } from "@holdfast/base";
import { agentErrors } from "../errors.ts";

/** What this device's own configuration says about reading its files. */
export interface PathRules {
  /** Folders and files that may be read, with what is below them; undefined for all. */
  readonly allow: readonly string[] | undefined;
  /** Holdfast's own folder. It holds the keys of every vault, and is never read. */
  readonly home: string;
}

export interface AllowedPaths {
  /** In normal form, in the order asked. */
  readonly paths: readonly string[];
  /** Where the home lies below them, as the walk will meet it. */
  readonly homes: readonly string[];
}

/**
 * The paths of a job, held against the device's own rules. The server proposes, the device decides: a server in the
 * wrong hands must not get at what the owner of the machine kept back.
 *
 * @throws AGENT_PATH_NOT_ALLOWED
 */
export async function allowedPaths(asked: readonly string[], rules: PathRules): Promise<AllowedPaths> {
  const home = await whereItLeads(rules.home);
  const allow = rules.allow && (await Promise.all(rules.allow.map(whereItLeads)));
  const paths: string[] = [];
  const homes: string[] = [];
  for (const path of asked) {
    if (!isAbsolute(path)) throw notAllowed(path);
    const real = await whereItLeads(path);
    if (isWithin(real, home) || allow?.some((root) => isWithin(real, root)) === false) throw notAllowed(path);
    paths.push(resolve(path));
    if (isWithin(home, real)) homes.push(join(resolve(path), relative(real, home)));
  }
  return { paths, homes };
}

/**
 * The path without symbolic links: a link inside an allowed folder must not lead out of it. What is not there, or
 * cannot be reached, stands as written below what can.
 */
async function whereItLeads(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch {
    const above = dirname(path);
    return above === path ? path : join(await whereItLeads(above), basename(path));
  }
}

/** Whether `path` is `folder` or lies below it; both absolute and without links. */
function isWithin(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way === "" || (way !== ".." && !way.startsWith(`..${sep}`) && !isAbsolute(way));
}

function notAllowed(path: string): HoldfastError {
  return new HoldfastError(agentErrors.pathNotAllowed, `This device does not allow ${path} to be read.`);
}
