import { readFileSync } from "node:fs";
import { commandTable, type CommandEntry } from "@holdfast/cli";
import { recordedVerbsFile, type ResticFlag, type ResticVerb, type ResticVerbs } from "./restic-verbs.ts";
import { root } from "./step.ts";
import { flagDifferences, globalFlagDifferences, verbDifferences, type Difference } from "./verb-differences.ts";

/** A verb or flag of restic that Holdfast has not, and that nobody gave a reason for. */
export type Gap = string;

/** Commands that stock restic has no word for, and that work on a repository: they need no comparison. */
const repositoryCommands = commandTable.filter(({ flags }) => "repo" in flags);

export function recordedVerbs(): ResticVerbs {
  return JSON.parse(readFileSync(`${root}/${recordedVerbsFile}`, "utf8")) as ResticVerbs;
}

/** docs/verbs.md: every verb and flag of the newest restic beside what Holdfast has for it. */
export function verbsDocument(): string {
  const { version, verbs, globalFlags } = recordedVerbs();
  const lines = [
    "# restic's verbs",
    "",
    "<!-- Written by tools/docs.ts from fixtures/restic-verbs.json, apps/cli/src/table and tools/verb-differences.ts; run `npm run docs`. -->",
    "",
    `Every verb and flag of restic ${version}, as its own help tells them, and what Holdfast has for it. What stands in a`,
    "list without more words is there under the same name, takes the same kind of value and means the same. Holdfast's own",
    "commands and flags are in [cli.md](cli.md).",
    "",
    "## Verbs",
    "",
    ...verbs.flatMap(verbLines),
    "",
    "## Flags of every command",
    "",
    ...globalFlags.map(globalLine),
  ];
  return `${lines.join("\n")}\n`;
}

/** Everything that neither the command table has nor a difference explains, and every explanation of what is there. */
export function verbGaps(): { readonly missing: Gap[]; readonly needless: Gap[] } {
  const { verbs, globalFlags } = recordedVerbs();
  const missing: Gap[] = [];
  const explained = new Set<string>();
  for (const verb of verbs) {
    if (verbDifferences[verb.name] !== undefined) explained.add(verb.name);
    else if (commandOf(verb.name) === undefined) missing.push(verb.name);
    for (const flag of differingFlags(verb)) {
      const name = `${verb.name} --${flag.long}`;
      if (flagDifferences[name] === undefined) missing.push(name);
      else explained.add(name);
    }
  }
  for (const { long } of globalFlags) {
    if (globalFlagDifferences[`--${long}`] !== undefined) explained.add(`--${long}`);
    else if (commandsWith(long).length === 0) missing.push(`--${long}`);
  }
  const all = { ...verbDifferences, ...flagDifferences, ...globalFlagDifferences };
  const isThere = (name: string) => !explained.has(name) || (verbDifferences[name] !== undefined && commandOf(name));
  return { missing, needless: Object.keys(all).filter(isThere) };
}

function verbLines(verb: ResticVerb): string[] {
  if (commandOf(verb.name) === undefined) return [`- \`${verb.name}\`: ${text(verbDifferences[verb.name])}`];
  const differing = differingFlags(verb);
  const shared = verb.flags.filter((flag) => !differing.includes(flag)).map(({ long }) => ` \`--${long}\``);
  return [
    `- \`${verb.name}\`${shared.length === 0 ? "" : ":"}${shared.join("")}`,
    ...differing.map(({ long }) => `  - \`--${long}\`: ${text(flagDifferences[`${verb.name} --${long}`])}`),
  ];
}

function globalLine({ long }: ResticFlag): string {
  const difference = globalFlagDifferences[`--${long}`];
  if (difference !== undefined) return `- \`--${long}\`: ${text(difference)}`;
  const commands = commandsWith(long);
  if (commands.length === repositoryCommands.length) return `- \`--${long}\``;
  const where = commands.map(({ name }) => `\`${name}\``).join(", ");
  return `- \`--${long}\`: ${where === "" ? "missing" : `with ${where}`}`;
}

function text(difference: Difference | undefined): string {
  if (difference === undefined) return "missing";
  const { insteadUse, because } = difference;
  return `${insteadUse === undefined ? "not here" : `use \`${insteadUse}\``}, because ${because}.`;
}

/** Flags that the command of the same name has not, or has with a different short form or kind. */
function differingFlags(verb: ResticVerb): ResticFlag[] {
  const entry = commandOf(verb.name);
  if (entry === undefined) return [];
  const own = Object.values(entry.flags).map(({ flags }) => flags);
  return verb.flags.filter((flag) => !own.some((notation) => isSame(notation, flag)));
}

/** "-e, --exclude <pattern>" beside what restic says of its flag. A counted or choosing flag of ours is one with a value there. */
function isSame(notation: string, { long, short, value }: ResticFlag): boolean {
  const [, ownShort, ownLong, ownValue] = /^(?:-(\w), )?--([\w-]+)(?: ([<[].+[>\]]))?$/.exec(notation) ?? [];
  const hasValue = value !== undefined && value !== "level";
  return ownLong === long && (short === undefined || ownShort === short) && (ownValue !== undefined) === hasValue;
}

function commandOf(verb: string): CommandEntry | undefined {
  return commandTable.find(({ name }) => name === verb);
}

function commandsWith(long: string): CommandEntry[] {
  return repositoryCommands.filter(({ flags }) =>
    Object.values(flags).some((flag) => new RegExp(`--${long}(?: |$)`).test(flag.flags)),
  );
}
