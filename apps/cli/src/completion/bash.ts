import type { CommandWords } from "./completion-words.ts";

/**
 * A script for bash, and with `asZsh` for zsh, which runs bash's completions by itself. It finds the command among the
 * words, then offers what may follow; for a flag's value and where nothing is known, files.
 */
export function bashCompletion(commands: readonly CommandWords[], asZsh = false): string {
  const cases = commands.map(({ name, below, flags }) => {
    const choices = flags
      .filter((flag) => flag.choices.length > 0)
      .map((flag) => `        ${flag.long}) words='${flag.choices.join(" ")}' ;;\n`);
    const files = flags.filter((flag) => flag.takesValue && flag.choices.length === 0);
    const names = files.flatMap(({ short, long }) => (short === undefined ? [long] : [short, long]));
    const takes = names.length === 0 ? "" : `        ${names.join("|")}) return ;;\n`;
    const words = [...below.map((each) => each.name), ...flags.map((flag) => flag.long)].join(" ");
    return (
      `    '${name}')\n      case "$previous" in\n${choices.join("")}${takes}` +
      `        *) words='${words}' ;;\n      esac ;;\n`
    );
  });
  const known = commands.filter(({ name }) => name !== "").map(({ name }) => `'${name}'`);
  return `${asZsh ? zshHead : `# bash completion of holdfast; made by: holdfast completion bash\n`}
_holdfast() {
  local current="\${COMP_WORDS[COMP_CWORD]}" previous="\${COMP_WORDS[COMP_CWORD-1]}" command='' words='' at
  COMPREPLY=()
  for ((at = 1; at < COMP_CWORD; at++)); do
    case "\${command:+$command }\${COMP_WORDS[at]}" in
      ${known.join("|")}) command="\${command:+$command }\${COMP_WORDS[at]}" ;;
    esac
  done
  case "$command" in
${cases.join("")}  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _holdfast holdfast
`;
}

const zshHead = `# zsh completion of holdfast; made by: holdfast completion zsh; to be read after compinit
autoload -U +X bashcompinit && bashcompinit
`;
