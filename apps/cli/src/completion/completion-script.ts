import { commandFamilies, commandTable } from "../table/command-table.ts";
import { globalFlags } from "../table/repository-flags.ts";
import { bashCompletion } from "./bash.ts";
import { completionWords } from "./completion-words.ts";
import { fishCompletion } from "./fish.ts";
import { powershellCompletion } from "./powershell.ts";

export const shells = ["bash", "zsh", "fish", "powershell"] as const;
export type Shell = (typeof shells)[number];

/** What a shell has to read so that it completes this program's commands and flags. */
export function completionScript(shell: Shell): string {
  const words = completionWords(commandTable, commandFamilies, globalFlags);
  switch (shell) {
    case "bash":
      return bashCompletion(words);
    case "zsh":
      return bashCompletion(words, true);
    case "fish":
      return fishCompletion(words);
    case "powershell":
      return powershellCompletion(words);
  }
}
