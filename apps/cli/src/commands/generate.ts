import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { HoldfastError, messageOf } from "@holdfast/base";
import type { Call } from "../command.ts";
import { completionScript, type Shell } from "../completion/completion-script.ts";
import { manPage } from "../completion/man-page.ts";
import { cliErrors } from "../errors.ts";
import type { ExitCode } from "../exit-codes.ts";
import { commandTable } from "../table/command-table.ts";
import type { generateFlags } from "../table/program-commands.ts";
import { version } from "../version.ts";

/** Writes completion scripts and manual pages. */
export async function run({ flags, terminal }: Call<typeof generateFlags>): Promise<ExitCode> {
  const scripts: [Shell, string | undefined][] = [
    ["bash", flags.bashCompletion],
    ["zsh", flags.zshCompletion],
    ["fish", flags.fishCompletion],
    ["powershell", flags.powershellCompletion],
  ];
  const wanted = scripts.filter(([, file]) => file !== undefined) as [Shell, string][];
  if (wanted.length === 0 && flags.man === undefined)
    throw new HoldfastError(cliErrors.usage, "Say what to write: --man or one of the completions.");
  for (const [shell, file] of wanted) {
    if (file === "-") terminal.write(completionScript(shell));
    else await writeText(file, completionScript(shell));
  }
  if (flags.man !== undefined)
    for (const entry of commandTable)
      await writeText(join(flags.man, `holdfast-${entry.name.replaceAll(" ", "-")}.1`), manPage(entry, version));
  return 0;
}

async function writeText(file: string, text: string): Promise<void> {
  try {
    await writeFile(file, text);
  } catch (cause) {
    throw new HoldfastError(cliErrors.unwritableFile, `${file} cannot be written: ${messageOf(cause)}.`, { cause });
  }
}
