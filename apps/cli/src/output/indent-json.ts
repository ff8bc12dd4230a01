/**
 * JSON over several lines, two spaces a level, each value with the very characters that it has: no number loses digits.
 * @param json valid, without white space outside its strings
 */
export function indentJson(json: string): string {
  let text = "";
  let depth = 0;
  const lineAt = (level: number) => `\n${"  ".repeat(level)}`;
  for (const [token] of json.matchAll(/"(?:[^"\\]|\\.)*"|\{\}|\[\]|[{}[\],:]|[^"{}[\],:\s]+/g)) {
    if (token === "{" || token === "[") text += token + lineAt((depth += 1));
    else if (token === "}" || token === "]") text += lineAt((depth -= 1)) + token;
    else if (token === ",") text += token + lineAt(depth);
    else text += token === ":" ? ": " : token;
  }
  return text;
}
