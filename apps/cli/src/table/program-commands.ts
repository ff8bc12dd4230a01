import { command } from "../command.ts";
import { single, toggle } from "../flag.ts";

const json = toggle("--json", "print JSON, for scripts");

export const completionFlags = {};

export const generateFlags = {
  bashCompletion: single("--bash-completion <file>", "write a completion script for bash; - is standard output"),
  fishCompletion: single("--fish-completion <file>", "the same for fish"),
  powershellCompletion: single("--powershell-completion <file>", "the same for PowerShell"),
  zshCompletion: single("--zsh-completion <file>", "the same for zsh"),
  man: single("--man <folder>", "write a manual page for each command"),
};

export const versionFlags = { json };

export const programCommands = [
  command({
    name: "completion",
    group: "Program",
    summary: "print what makes a shell complete commands and flags",
    about: "Prints a script for bash, zsh, fish or powershell. The shell has to read it when it starts.",
    operands: "<shell>",
    flags: completionFlags,
    examples: [
      { line: "source <(holdfast completion bash)", does: "in ~/.bashrc" },
      { line: "source <(holdfast completion zsh)", does: "in ~/.zshrc, after compinit" },
      { line: "holdfast completion fish > ~/.config/fish/completions/holdfast.fish", does: "where fish looks" },
    ],
    load: () => import("../commands/completion.ts"),
  }),
  command({
    name: "generate",
    group: "Program",
    summary: "write manual pages and completion scripts to files",
    about: "Writes completion scripts and manual pages, made from the same table as the help.",
    flags: generateFlags,
    examples: [
      { line: "holdfast generate --man /usr/local/share/man/man1", does: "a manual page for each command" },
      { line: "holdfast generate --bash-completion -", does: "as `holdfast completion bash`" },
    ],
    load: () => import("../commands/generate.ts"),
  }),
  command({
    name: "version",
    group: "Program",
    summary: "print the version",
    about: "Prints which version this is, and what it runs on.",
    flags: versionFlags,
    examples: [{ line: "holdfast version --json", does: "for scripts" }],
    load: () => import("../commands/version.ts"),
  }),
];
