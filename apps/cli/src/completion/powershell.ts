import { quoted, type CommandWords } from "./completion-words.ts";

/** A script for PowerShell: a table of what may follow each command, and a completer that looks into it. */
export function powershellCompletion(commands: readonly CommandWords[]): string {
  const rows = commands.map(({ name, below, flags }) => {
    const words = [...below.map((each) => each.name), ...flags.map((flag) => flag.long)];
    return `  ${quoted(name)} = @(${words.map(quoted).join(", ")})\n`;
  });
  return `# PowerShell completion of holdfast; made by: holdfast completion powershell
$holdfastWords = @{
${rows.join("")}}
Register-ArgumentCompleter -Native -CommandName holdfast -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $command = ''
  foreach ($element in $commandAst.CommandElements | Select-Object -Skip 1) {
    $longer = "$command $element".Trim()
    if ($holdfastWords.ContainsKey($longer)) { $command = $longer }
  }
  $holdfastWords[$command] | Where-Object { $_ -like "$wordToComplete*" } |
    ForEach-Object { [System.Management.Automation.CompletionResult]::new($_, $_, 'ParameterValue', $_) }
}
`;
}
