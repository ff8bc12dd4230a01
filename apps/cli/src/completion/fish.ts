import { quoted, type CommandWords, type FlagWords } from "./completion-words.ts";

/** A script for fish: one line for each command and each of its flags. */
export function fishCompletion(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, below, flags }) => [
    ...below.map((each) =>
      line(`${condition(name)}; and not __fish_seen_subcommand_from ${below.map((b) => b.name).join(" ")}`, [
        "-f",
        `-a ${each.name}`,
        `-d ${quoted(each.summary)}`,
      ]),
    ),
    ...flags.map((flag) => line(condition(name), flagParts(flag))),
  ]);
  return `# fish completion of holdfast; made by: holdfast completion fish\n${lines.join("")}`;
}

const line = (when: string, parts: readonly string[]) => `complete -c holdfast -n ${quoted(when)} ${parts.join(" ")}\n`;

/** Holds when the words of the command have been typed. */
function condition(name: string): string {
  if (name === "") return "__fish_use_subcommand";
  return name
    .split(" ")
    .map((word) => `__fish_seen_subcommand_from ${word}`)
    .join("; and ");
}

function flagParts({ short, long, takesValue, choices, text }: FlagWords): string[] {
  return [
    `-l ${long.slice(2)}`,
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    ...(takesValue ? [choices.length > 0 ? `-x -a ${quoted(choices.join(" "))}` : "-r"] : []),
    `-d ${quoted(text)}`,
  ];
}
