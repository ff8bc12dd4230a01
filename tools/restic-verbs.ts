/** What restic's help says about its commands, as data: what docs/verbs.md holds Holdfast's commands against. */
import { spawnSync } from "node:child_process";

export interface ResticFlag {
  /** Without dashes: "dry-run". */
  readonly long: string;
  /** One letter, where there is one. */
  readonly short?: string;
  /** What restic calls its value; absent for a flag without. */
  readonly value?: string;
}

export interface ResticVerb {
  /** "backup", or "key add" for one below another. */
  readonly name: string;
  readonly flags: readonly ResticFlag[];
}

export interface ResticVerbs {
  /** Such as "0.19.1". */
  readonly version: string;
  readonly globalFlags: readonly ResticFlag[];
  readonly verbs: readonly ResticVerb[];
}

/** Where the recorded answers are, from the root. */
export const recordedVerbsFile = "fixtures/restic-verbs.json";

/** Asks a restic for the help of every command. @param path the binary */
export function readResticVerbs(path: string): ResticVerbs {
  const version = /^restic (\S+)/.exec(run(path, ["version"]))?.[1];
  const overview = run(path, ["help"]);
  if (version === undefined) throw new Error(`${path} does not name its version`);
  const verbs: ResticVerb[] = [];
  for (const verb of namesUnder(overview)) {
    if (verb === "help") continue;
    const help = run(path, ["help", verb]);
    const below = namesUnder(help);
    if (below.length === 0) verbs.push({ name: verb, flags: flagsUnder(help, "Flags:") });
    for (const name of below) {
      verbs.push({ name: `${verb} ${name}`, flags: flagsUnder(run(path, ["help", verb, name]), "Flags:") });
    }
  }
  return { version, globalFlags: flagsUnder(overview, "Flags:"), verbs };
}

function run(path: string, words: readonly string[]): string {
  const { stdout, status, error } = spawnSync(path, words, { encoding: "utf8" });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${path} ${words.join(" ")} ended with ${status}`);
  return stdout;
}

/** The commands that a help lists, under whichever of its headings. */
function namesUnder(help: string): string[] {
  const headings = /^(?:Available Commands|Advanced Options|Additional Commands):\n((?: {2}.*\n)+)/gm;
  return [...help.matchAll(headings)].flatMap(([, lines]) =>
    [...lines!.matchAll(/^ {2}(\S+)/gm)].map(([, name]) => name!),
  );
}

function flagsUnder(help: string, heading: string): ResticFlag[] {
  const lines = help.split("\n");
  const start = lines.indexOf(heading);
  if (start < 0) return [];
  const flags: ResticFlag[] = [];
  for (const line of lines.slice(start + 1)) {
    const [, short, long, value] = /^ {2}(?:-(\w),| {3}) --([\w-]+)(?: (\S+))? {2,}\S/.exec(line) ?? [];
    if (long === undefined) break;
    if (long === "help") continue;
    flags.push({ long, ...(short !== undefined && { short }), ...(value !== undefined && { value }) });
  }
  return flags;
}
