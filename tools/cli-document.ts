import { commandGroups, commandTable, exitCodes, type CommandEntry, type Flag } from "@holdfast/cli";

/** A heading of flags that so many commands have is explained once. */
const sharedFrom = 3;

/** docs/cli.md, from the table that the parser and the help are made of too. */
export function cliDocument(): string {
  const shared = sharedGroups();
  const lines = [
    "# The command line",
    "",
    "<!-- Written by tools/docs.ts from apps/cli/src/table; run `npm run docs` after changing it. -->",
    "",
    "`npm run holdfast -- COMMAND` runs it from a checkout. Flags, environment variables and exit codes of the repository",
    "commands are restic's where restic has them; `RESTIC_…` variables work beside `HOLDFAST_…` ones.",
  ];
  for (const group of commandGroups) {
    lines.push("", `## ${group}`);
    for (const entry of commandTable.filter((command) => command.group === group)) {
      lines.push(...commandLines(entry, shared));
    }
  }
  lines.push("", "## Shared flags");
  for (const [group, flags] of shared) lines.push("", `### ${group}`, "", ...flagLines([...flags.values()]));
  lines.push("", "## Exit codes", "");
  for (const [code, meaning] of Object.entries(exitCodes)) lines.push(`- ${code}: ${meaning}`);
  return `${lines.join("\n")}\n`;
}

function commandLines(entry: CommandEntry, shared: ReadonlyMap<string, unknown>): string[] {
  const usage = ["holdfast", entry.name, "[flag...]", entry.operands].filter(Boolean).join(" ");
  const lines = [
    "",
    `### ${entry.name}`,
    "",
    entry.about,
    "",
    "```sh",
    usage,
    ...entry.examples.map(exampleLine),
    "```",
  ];
  const groups = Map.groupBy(Object.values(entry.flags), ({ group }) => group ?? "Flags");
  for (const [group, flags] of groups) {
    if (!shared.has(group)) lines.push("", `${group}:`, "", ...flagLines(flags));
  }
  const explainedBelow = [...groups.keys()].filter((group) => shared.has(group));
  if (explainedBelow.length > 0) lines.push("", `Explained below: ${explainedBelow.join(", ")}.`);
  if (entry.exitCodes) lines.push("", `Exit codes besides 0, 1 and 130: ${entry.exitCodes.join(", ")}.`);
  return lines;
}

function exampleLine({ line, does }: { line: string; does: string }): string {
  return does === "" ? line : `${line}   # ${does}`;
}

function flagLines(flags: readonly Flag[]): string[] {
  return flags.map((flag) => {
    const choices = flag.kind === "single" && flag.choices ? `; one of ${flag.choices.join(", ")}` : "";
    return `- \`${flag.flags}\`: ${flag.text}${choices}`;
  });
}

/** Every flag under a shared heading, whichever commands have it. */
function sharedGroups(): Map<string, Map<string, Flag>> {
  const groups = new Map<string, { commands: Set<string>; flags: Map<string, Flag> }>();
  for (const { name, flags } of commandTable) {
    for (const flag of Object.values(flags)) {
      if (flag.group === undefined) continue;
      const group = groups.get(flag.group) ?? { commands: new Set(), flags: new Map() };
      groups.set(flag.group, group);
      group.commands.add(name);
      group.flags.set(flag.flags, flag);
    }
  }
  const shared = [...groups].filter(([, { commands }]) => commands.size >= sharedFrom);
  return new Map(shared.map(([group, { flags }]) => [group, flags]));
}
