import { HoldfastError } from "@holdfast/base";
import { Command, CommanderError, Option } from "commander";
import { commandGroups, type Call, type CommandEntry } from "./command.ts";
import { cliErrors } from "./errors.ts";
import type { Flag, FlagTable } from "./flag.ts";
import { commandFamilies } from "./table/command-table.ts";
import { refusedFlags } from "./table/refused-flags.ts";
import { globalFlags } from "./table/repository-flags.ts";

/** What was typed, understood: which command, and everything for it but the world it runs in. */
export interface Parsed {
  readonly entry: CommandEntry;
  readonly operands: readonly string[];
  readonly flags: Call<FlagTable>["flags"];
}

/** The command line was a question about itself: the text is the answer. */
export class Answered {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/**
 * Understands a command line. restic's habits hold: repository flags may stand before or after the command's name,
 * and `--verbose=2` is `-vv`.
 * @throws CLI_USAGE naming what is wrong
 */
export function parseCommandLine(
  commands: readonly CommandEntry[],
  version: string,
  words: readonly string[],
): Parsed | Answered {
  let parsed: Parsed | undefined;
  let printed = "";
  const program = buildProgram(commands, version, (found) => (parsed = found));
  eachCommand(program, (each) => {
    const print = (text: string) => (printed += text);
    each.exitOverride().configureOutput({ writeOut: print, writeErr: print, outputError: () => {} });
  });
  try {
    const asked = words[0] === "help" ? [...words.slice(1), "--help"] : words;
    program.parse(asked.flatMap(spellOutVerbosity), { from: "user" });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    const isHelp = error.exitCode === 0 || error.code === "commander.help"; // the latter: a command that needs another word
    if (isHelp) return new Answered(printed);
    throw new HoldfastError(cliErrors.usage, usageMessage(error.message));
  }
  return parsed ?? new Answered(program.helpInformation());
}

function buildProgram(commands: readonly CommandEntry[], version: string, found: (parsed: Parsed) => void): Command {
  const program = new Command("holdfast")
    .description("Backup that is proven by restoring it. The repository commands speak restic's format and flags.")
    .usage("<command> [flags]")
    .optionsGroup("Flags:")
    .version(`holdfast ${version}`, "--version", "print the version")
    .helpOption("-h, --help", "print help; also after a command")
    .helpCommand(false)
    .configureHelp({ subcommandTerm: (each) => each.name() })
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .addHelpText("after", "\nEvery command explains itself: holdfast backup --help");
  for (const flag of Object.values(globalFlags)) program.addOption(optionOf(flag).hideHelp());
  for (const group of commandGroups) {
    for (const entry of commands.filter((each) => each.group === group)) {
      const [top = entry.name, below] = entry.name.split(" ");
      const first = childOf(program, top).helpGroup(`${group}:`);
      const own = below === undefined ? first : childOf(first, below);
      describeCommand(own, entry);
      own.action(() => found({ entry, operands: own.args, flags: flagValues(entry, program, own) }));
    }
  }
  return program;
}

/** The command of this name, made when it is first heard of: "admin" has no entry, only commands below it. */
function childOf(parent: Command, name: string): Command {
  const known = parent.commands.find((each) => each.name() === name);
  if (known !== undefined) return known;
  return parent
    .command(name)
    .description(commandFamilies[name] ?? "")
    .usage("<command> [flags]")
    .helpCommand(false);
}

function describeCommand(own: Command, entry: CommandEntry): void {
  own.summary(entry.summary).description(entry.about);
  own.optionsGroup("Flags:").helpOption("-h, --help", "print this help").helpCommand(false);
  own.usage(["[flags]", entry.operands].filter(Boolean).join(" "));
  own.allowExcessArguments(entry.operands !== undefined).enablePositionalOptions();
  for (const flag of Object.values(entry.flags)) own.addOption(optionOf(flag));
  if (entry.examples.length > 0) {
    const examples = entry.examples.map(({ line, does }) => `  ${line}\n      ${does}`);
    own.addHelpText("after", `\nExamples:\n${examples.join("\n")}`);
  }
}

function optionOf(flag: Flag): Option {
  const option = new Option(flag.flags, flag.text);
  if (flag.group !== undefined) option.helpGroup(`${flag.group}:`);
  if (flag.kind === "counted") option.argParser((_, before: number | undefined) => (before ?? 0) + 1);
  if (flag.kind === "repeated") option.argParser((value, before: string[] | undefined) => [...(before ?? []), value]);
  if (flag.kind === "single" && flag.choices !== undefined) option.choices(flag.choices);
  return option;
}

/** The values of every flag in the entry, whether they stood before or after the command's name. */
function flagValues(entry: CommandEntry, program: Command, own: Command): Parsed["flags"] {
  for (const [name, flag] of Object.entries(globalFlags)) {
    if (given(program, flag) !== undefined && !(name in entry.flags)) {
      const long = optionOf(flag).long;
      const reason = refusedFlags[long ?? ""];
      const why = reason === undefined ? "" : `: ${reason}`;
      throw new HoldfastError(cliErrors.usage, `holdfast ${entry.name} has no flag ${long}${why}.`);
    }
  }
  const values: Record<string, Call<FlagTable>["flags"][string]> = {};
  for (const [name, flag] of Object.entries(entry.flags)) {
    const [before, after] = [given(program, flag), given(own, flag)];
    if (flag.kind === "toggle") values[name] = before !== undefined || after !== undefined;
    else if (flag.kind === "counted") values[name] = Number(before ?? 0) + Number(after ?? 0);
    else if (flag.kind === "repeated") values[name] = [before ?? [], after ?? []].flat().map(String);
    else values[name] = (after ?? before)?.toString();
  }
  return values;
}

/** What the line gave for a flag, or undefined; commander invents `true` for the `--no-` ones that were not given. */
function given(command: Command, flag: Flag): string | string[] | number | true | undefined {
  const name = optionOf(flag).attributeName();
  if (command.getOptionValueSource(name) !== "cli") return undefined;
  const value: unknown = command.getOptionValue(name);
  if (typeof value === "boolean") return true;
  return value as string | string[] | number;
}

/** restic's `--verbose=2` is `-v -v`; commander knows flags either with a value or without. */
function spellOutVerbosity(word: string): string[] {
  const level = /^--verbose=(\d)$/.exec(word)?.[1];
  return level === undefined ? [word] : Array.from({ length: Number(level) }, () => "--verbose");
}

/** "error: unknown option '--foo'\n(Did you mean --force?)" as one sentence. */
function usageMessage(message: string): string {
  const [, unknown = ""] = /unknown option '([^']+)'/.exec(message) ?? [];
  const reason = refusedFlags[unknown];
  if (reason !== undefined) return `This command has no flag ${unknown}: ${reason}.`;
  const [first = "", ...rest] = message.replace(/^error: /, "").split("\n");
  const sentence = first.charAt(0).toUpperCase() + first.slice(1);
  return [sentence, ...rest.map((line) => line.replace(/^\((.*)\)$/, "$1"))].join(". ").replace("?.", "?");
}

function eachCommand(command: Command, visit: (each: Command) => void): void {
  visit(command);
  for (const child of command.commands) eachCommand(child, visit);
}
