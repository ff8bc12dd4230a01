import type { CommandEntry } from "../command.ts";
import { exitCodes } from "../exit-codes.ts";

/** The manual page of one command, in the language of man(7). */
export function manPage(entry: CommandEntry, version: string): string {
  const title = `holdfast-${entry.name.replaceAll(" ", "-")}`;
  const flags = Object.values(entry.flags).map(
    ({ flags: form, text }) => `.TP\n.B ${escaped(form)}\n${escaped(text)}\n`,
  );
  const examples = entry.examples.map(({ line, does }) => `.TP\n.B ${escaped(line)}\n${escaped(does)}\n`);
  const codes = ([0, 1, ...(entry.exitCodes ?? []), 130] as const).map(
    (code) => `.TP\n.B ${code}\n${escaped(exitCodes[code])}\n`,
  );
  return [
    `.TH ${title.toUpperCase()} 1 "" "holdfast ${version}"\n`,
    `.SH NAME\n${escaped(title)} \\- ${escaped(entry.summary)}\n`,
    `.SH SYNOPSIS\n.B holdfast ${escaped(entry.name)}\n[flags] ${escaped(entry.operands ?? "")}\n`,
    `.SH DESCRIPTION\n${escaped(entry.about)}\n`,
    `.SH OPTIONS\n${flags.join("")}`,
    `.SH EXAMPLES\n${examples.join("")}`,
    `.SH EXIT STATUS\n${codes.join("")}`,
  ].join("");
}

/** A backslash, a hyphen, and a dot or quote at the beginning of a line mean something to man. */
function escaped(text: string): string {
  return text
    .replaceAll("\\", "\\e")
    .replaceAll("-", "\\-")
    .replace(/^([.'])/gm, "\\&$1");
}
