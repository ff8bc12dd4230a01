import type { CommandEntry } from "../command.ts";
import type { Flag, FlagTable } from "../flag.ts";

/** A flag as a shell knows it. */
export interface FlagWords {
  /** "-e", where it has one. */
  readonly short: string | undefined;
  /** "--exclude" */
  readonly long: string;
  readonly takesValue: boolean;
  /** What the value may be, where that is known. */
  readonly choices: readonly string[];
  readonly text: string;
}

/** What can be typed after a command's words; "" stands for the program alone. */
export interface CommandWords {
  /** "backup", "key list", or "key", which only leads to others. */
  readonly name: string;
  readonly summary: string;
  /** Commands directly below. */
  readonly below: readonly { readonly name: string; readonly summary: string }[];
  readonly flags: readonly FlagWords[];
}

/** The command table as words, the program itself first. Every completion script is made from this. */
export function completionWords(
  commands: readonly CommandEntry[],
  families: Readonly<Record<string, string>>,
  globalFlags: FlagTable,
): CommandWords[] {
  const summaries = new Map(commands.map((entry) => [entry.name, entry.summary]));
  for (const { name } of commands) {
    const [family = name] = name.split(" ");
    if (!summaries.has(family)) summaries.set(family, families[family] ?? "");
  }
  const flagsOf = (name: string) =>
    Object.values(name === "" ? globalFlags : (commands.find((entry) => entry.name === name)?.flags ?? {}));
  return ["", ...summaries.keys()].map((name) => ({
    name,
    summary: summaries.get(name) ?? "",
    below: [...summaries]
      .filter(([each]) => (name === "" ? !each.includes(" ") : each.startsWith(`${name} `)))
      .map(([each, summary]) => ({ name: each.slice(name === "" ? 0 : name.length + 1), summary })),
    flags: [...flagsOf(name).map(flagWords), helpFlag],
  }));
}

const helpFlag: FlagWords = { short: "-h", long: "--help", takesValue: false, choices: [], text: "print help" };

function flagWords(flag: Flag): FlagWords {
  const [, short, long = "", value] = /^(?:(-\w), )?(--[\w-]+)(?: <(.+)>)?$/.exec(flag.flags) ?? [];
  const choices = flag.kind === "single" ? (flag.choices ?? []) : [];
  return { short, long, takesValue: value !== undefined, choices, text: flag.text };
}

/** For single quotes of bash, zsh and fish alike. */
export function quoted(text: string): string {
  return `'${text.replaceAll("\\", "").replaceAll("'", "’")}'`;
}
