import type { Writable } from "node:stream";

/** Where a command writes. Tests hand in one that remembers. */
export interface Terminal {
  /** Results: standard output. */
  write(text: string): void;
  /** Results that are no text. Resolves when they were taken, so that a slow reader slows down who writes. */
  writeBytes(bytes: Uint8Array): Promise<void>;
  /** True when standard output is a terminal, which archives do no good to. */
  readonly isOutputInteractive: boolean;
  /** Progress, questions and errors: standard error. */
  writeError(text: string): void;
  /** True when standard error is a terminal: a line may be drawn over. */
  readonly isInteractive: boolean;
  /** Width in characters. */
  readonly columns: number;
  /** Aborted when nobody reads standard output any more, as in `holdfast ls | head`. */
  readonly closed: AbortSignal;
}

/**
 * The process's own streams. A reader that went away, or a terminal that was closed, silences them and nothing more:
 * a backup under way does not end because nobody watches.
 */
export function processTerminal(): Terminal {
  const closed = new AbortController();
  quiet(process.stdout, () => closed.abort());
  quiet(process.stderr, () => {});
  return {
    write: (text) => void process.stdout.write(text),
    writeBytes: (bytes) => new Promise((resolve) => process.stdout.write(bytes, () => resolve())),
    get isOutputInteractive() {
      return process.stdout.isTTY === true;
    },
    writeError: (text) => void process.stderr.write(text),
    get isInteractive() {
      return process.stderr.isTTY === true;
    },
    get columns() {
      return process.stderr.columns || 80; // a terminal that was never given a size says 0
    },
    closed: closed.signal,
  };
}

function quiet(stream: Writable, onGone: () => void): void {
  stream.on("error", onGone);
}
