import { quoted, type CommandWords, type FlagWords } from "./completion-words.ts";

/** A script for fish: one line for each command and each of its flags. */
export function fishCompletion(commands: readonly CommandWords[]): string {
  const lines = commands.flatMap(({ name, below, flags }) => [
    ...below.map((each) =>
      line(`${condition(name, commands)}; and not __fish_seen_subcommand_from ${below.map((b) => b.name).join(" ")}`, [
        "-f",
        `-a ${each.name}`,
        `-d ${quoted(each.summary)}`,
      ]),
    ),
    ...flags.map((flag) => line(condition(name, commands), flagParts(flag))),
  ]);
  return `# fish completion of holdfast; made by: holdfast completion fish\n${lines.join("")}`;
}

const line = (when: string, parts: readonly string[]) => `complete -c holdfast -n ${quoted(when)} ${parts.join(" ")}\n`;

/** Holds when the words of the command have been typed; "list" is not the one of "key list". */
function condition(name: string, commands: readonly CommandWords[]): string {
  if (name === "") return "__fish_use_subcommand";
  const seen = (word: string) => `__fish_seen_subcommand_from ${word}`;
  const families = commands.filter((each) => each.name.endsWith(` ${name}`)).map((each) => each.name.split(" ")[0]!);
  return [...name.split(" ").map(seen), ...families.map((family) => `not ${seen(family)}`)].join("; and ");
}

function flagParts({ short, long, takesValue, choices, text }: FlagWords): string[] {
  return [
    `-l ${long.slice(2)}`,
    ...(short === undefined ? [] : [`-s ${short.slice(1)}`]),
    ...(takesValue ? [choices.length > 0 ? `-x -a ${quoted(choices.join(" "))}` : "-r"] : []),
    `-d ${quoted(text)}`,
  ];
}
