import { spawn, type ChildProcessByStdio } from "node:child_process";
import { existsSync } from "node:fs";
import type { Readable } from "node:stream";
import { HoldfastError, messageOf, secondMs, type Clock } from "@holdfast/base";
import { cliErrors } from "./errors.ts";

/** What a program prints, once, and the program with it. */
export interface CommandOutput {
  /** Runs the program when it is first asked for. @throws CLI_COMMAND_FAILED at the end, unless the program ended well */
  readonly content: AsyncIterable<Uint8Array>;
  /** Ends the program if it still runs, and resolves when it is gone. */
  stop(): Promise<void>;
}

const setpriv = "/usr/bin/setpriv";

/** On Linux the kernel ends a program whose parent is gone, also when that was killed and could do nothing more. */
function tiedToUs(words: readonly [program: string, ...words: string[]]): readonly [string, ...string[]] {
  const canTie = process.platform === "linux" && existsSync(setpriv);
  return canTie ? [setpriv, "--pdeathsig", "KILL", "--", ...words] : words;
}

/** How long a program may take to end when it is asked to; then it is ended. */
const graceMs = 10 * secondMs;

/**
 * Runs a program, not a shell, for what it prints. It gets no input, its errors go where ours go, and it does not outlive
 * this process, however that ends.
 */
export function commandOutput([program = "", ...words]: readonly string[], clock: Clock): CommandOutput {
  let running: { child: ChildProcessByStdio<null, Readable, null>; ended: Promise<string> } | undefined;
  let hasEnded = false;
  const killNow = () => running?.child.kill("SIGKILL");

  async function* content(): AsyncGenerator<Uint8Array> {
    const [first, ...rest] = tiedToUs([program, ...words]);
    const child = spawn(first, rest, { stdio: ["ignore", "pipe", "inherit"] });
    const ended = new Promise<string>((resolve) => {
      child.on("error", (error) => resolve(`could not be run: ${messageOf(error)}`));
      child.on("exit", (code, killedBy) => resolve(code === 0 ? "" : `ended with ${killedBy ?? `code ${code}`}`));
    });
    running = { child, ended };
    process.once("exit", killNow);
    void ended.then(() => {
      hasEnded = true;
      process.removeListener("exit", killNow);
    });
    yield* child.stdout;
    const how = await ended;
    if (how !== "") throw new HoldfastError(cliErrors.commandFailed, `The command "${program}" ${how}.`);
  }
  return {
    content: content(),
    async stop() {
      if (running === undefined || hasEnded) return;
      const { child, ended } = running;
      const isDone = new AbortController();
      child.kill("SIGTERM");
      const patience = clock.sleep(graceMs, isDone.signal).then(killNow, () => {});
      await ended;
      isDone.abort();
      await patience;
      child.stdout.destroy();
    },
  };
}
