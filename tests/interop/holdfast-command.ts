import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { processWorld, runCommandLine, type ExitCode } from "@holdfast/cli";
import { password } from "./restic.ts";

/** How a command line of ours ended, and what it said. */
export interface Said {
  readonly exitCode: ExitCode;
  readonly output: string;
  readonly errors: string;
}

const world = processWorld({});

/** Our command line in this process, with its password in a file of `dir`; another repository with each call. */
export function holdfastIn(dir: string): (repository: string, words: readonly string[]) => Promise<Said> {
  const passwordFile = join(dir, "password");
  writeFileSync(passwordFile, password);
  return async (repository, words) => {
    const terminal = rememberingTerminal();
    const given = words.includes("-p") ? [] : ["-p", passwordFile];
    const exitCode = await runCommandLine(["-r", repository, ...given, "--no-cache", ...words], { ...world, terminal });
    return { exitCode, output: terminal.output, errors: terminal.errors };
  };
}

function rememberingTerminal() {
  const pieces: Buffer[] = [];
  let errors = "";
  return {
    write: (text: string) => void pieces.push(Buffer.from(text)),
    writeBytes: async (bytes: Uint8Array) => void pieces.push(Buffer.from(bytes)),
    writeError: (text: string) => void (errors += text),
    isInteractive: false,
    isOutputInteractive: false,
    columns: 80,
    closed: new AbortController().signal,
    get output() {
      return Buffer.concat(pieces).toString();
    },
    get errors() {
      return errors;
    },
  };
}
