import { HoldfastError } from "@holdfast/base";
import { cliErrors } from "../errors.ts";

const key = { enter: ["\r", "\n"], endOfInput: "\x04", interrupt: "\x03", erase: ["\x7f", "\b"] };

/**
 * Asks at the terminal without showing what is typed. When standard input is no terminal, its first line is the answer.
 * @throws CLI_NO_PASSWORD when the input ends first, CLI_INTERRUPTED on Ctrl-C
 */
export async function askPassword(question: string, signal: AbortSignal): Promise<string> {
  const input = process.stdin;
  if (input.isTTY) {
    input.setRawMode(true); // before the question, so that an answer typed at once is not shown
    process.stderr.write(question);
  }
  try {
    return await readLine(input, signal);
  } finally {
    if (input.isTTY) {
      input.setRawMode(false);
      process.stderr.write("\n");
    }
    input.pause();
  }
}

function readLine(input: NodeJS.ReadStream, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    let typed = "";
    const settle = (finish: () => void) => {
      input.off("data", onData).off("end", onEnd);
      signal.removeEventListener("abort", onAbort);
      finish();
    };
    const onAbort = () => settle(() => reject(signal.reason));
    const onEnd = () =>
      settle(() =>
        typed === ""
          ? reject(new HoldfastError(cliErrors.noPassword, "No password was typed."))
          : resolve(typed.trim()),
      );
    const onData = (text: string) => {
      let at = 0;
      for (const character of text) {
        at += character.length;
        if (key.enter.includes(character)) {
          // What comes behind the line is for whoever asks next.
          if (at < text.length) input.unshift(text.slice(at));
          return settle(() => resolve(typed.trim()));
        }
        if (input.isTTY && character === key.interrupt)
          return settle(() => reject(new HoldfastError(cliErrors.interrupted, "Interrupted.")));
        if (input.isTTY && character === key.endOfInput) return onEnd();
        if (input.isTTY && key.erase.includes(character)) typed = [...typed].slice(0, -1).join("");
        else typed += character;
      }
    };
    signal.addEventListener("abort", onAbort, { once: true });
    input.setEncoding("utf8").on("data", onData).on("end", onEnd).resume();
  });
}
