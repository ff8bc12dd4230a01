import type { Terminal } from "./terminal.ts";

/** A terminal for tests: remembers what was written. */
export function rememberingTerminal(options: { readonly isInteractive: boolean }): Terminal & {
  readonly output: string;
  readonly errors: string;
} {
  let [output, errors] = ["", ""];
  return {
    write: (text) => void (output += text),
    writeBytes: async (bytes) => void (output += Buffer.from(bytes).toString("latin1")),
    isOutputInteractive: options.isInteractive,
    writeError: (text) => void (errors += text),
    isInteractive: options.isInteractive,
    columns: 80,
    closed: new AbortController().signal,
    get output() {
      return output;
    },
    get errors() {
      return errors;
    },
  };
}
