import { formatDuration, type Clock } from "@holdfast/base";
import { ProgressDisplay, type ProgressText } from "../output/progress.ts";
import type { Terminal } from "../output/terminal.ts";

/** Tells what is going on, one line for each thing done, with how long it took. */
export class Steps {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  readonly #show: boolean;

  constructor(terminal: Terminal, clock: Clock, show: boolean) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#show = show;
  }

  /** A heading over the steps that follow. */
  chapter(title: string): void {
    this.say(`\n${title}`);
  }

  say(text: string): void {
    if (this.#show) this.#terminal.write(`${text}\n`);
  }

  /**
   * Does one thing. While it goes on, a terminal shows `doing` and its progress; when it is done, one line says what
   * came of it. Which step failed is said here, and why is the caller's to tell.
   */
  async step<Result>(
    doing: string,
    work: (report: (progress: ProgressText) => void) => Promise<Result>,
    done: (result: Result) => string,
  ): Promise<Result> {
    const display = this.#display(doing);
    const beganMs = this.#clock.monotonicMs();
    if (this.#terminal.isInteractive) display.update({ fraction: undefined, text: "…" });
    try {
      const result = await work((progress) => display.update(progress));
      display.end();
      this.say(`  ${done(result)} (${formatDuration(this.#clock.monotonicMs() - beganMs)})`);
      return result;
    } catch (error) {
      display.end();
      this.say(`  ${doing}: this did not work`);
      throw error;
    }
  }

  /** A bar on a terminal; in a log a line that says by itself what it is about. */
  #display(doing: string): ProgressDisplay<ProgressText> {
    const style = this.#show ? (this.#terminal.isInteractive ? "bar" : "lines") : "none";
    const describe = ({ fraction, text, detail = "" }: ProgressText): ProgressText =>
      style === "bar"
        ? { fraction, text: `${doing}: ${text}`, detail }
        : {
            fraction: undefined,
            text: `  ${doing}: ${fraction === undefined ? "" : `${Math.floor(fraction * 100)} %, `}${text}`,
          };
    return new ProgressDisplay(this.#terminal, this.#clock, { style, describe, message: () => ({}) });
  }
}
