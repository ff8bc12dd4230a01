import { spawn } from "node:child_process";
import { HoldfastError, messageOf } from "@holdfast/base";
import { cliErrors } from "../errors.ts";

/**
 * What a command prints, without surrounding white space. It runs without a shell, as restic does it; it may ask at
 * the terminal, since it gets standard input and standard error.
 * @throws CLI_PASSWORD_COMMAND_FAILED
 */
export async function passwordFromCommand(line: string, signal: AbortSignal): Promise<string> {
  const [program, ...words] = splitWords(line);
  if (program === undefined) throw new HoldfastError(cliErrors.passwordCommand, "The password command is empty.");
  const child = spawn(program, words, { stdio: ["inherit", "pipe", "inherit"], signal });
  const pieces: Buffer[] = [];
  child.stdout.on("data", (piece: Buffer) => pieces.push(piece));
  const ended = await new Promise<string>((resolve) => {
    child.on("error", (error) => resolve(`could not be run: ${messageOf(error)}`));
    child.on("close", (code, killedBy) => resolve(code === 0 ? "" : `ended with ${killedBy ?? `code ${code}`}`));
  });
  signal.throwIfAborted();
  if (ended !== "") throw new HoldfastError(cliErrors.passwordCommand, `The password command "${program}" ${ended}.`);
  return Buffer.concat(pieces).toString("utf8").trim();
}

/** Words between white space; quotes of either kind hold words together, a backslash takes the next character as it is. */
export function splitWords(line: string): string[] {
  const words: string[] = [];
  for (const match of line.matchAll(/(?:"(?:\\.|[^"\\])*"|'[^']*'|\\.|[^\s"'\\])+/g)) {
    words.push(
      match[0].replace(/"((?:\\.|[^"\\])*)"|'([^']*)'|\\(.)/g, (_, double?: string, one?: string, escaped?: string) =>
        double !== undefined ? double.replace(/\\(.)/g, "$1") : (one ?? escaped ?? ""),
      ),
    );
  }
  return words;
}
