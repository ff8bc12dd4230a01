import { secondMs, type Clock } from "@holdfast/base";
import type { Terminal } from "./terminal.ts";

/** How a progress report is shown: one of three ways, decided once. */
export type ProgressStyle = "bar" | "lines" | "json" | "none";

/** Where some work stands, for people. `fraction` is 0 to 1, or undefined while the total is unknown. */
export interface ProgressText {
  readonly fraction: number | undefined;
  /** "1,203 of 2,000 files, 12 MiB of 40 MiB, 2 errors" */
  readonly text: string;
  /** What is being worked on; shown when there is room. */
  readonly detail?: string;
}

export interface ProgressOptions<Progress> {
  readonly style: ProgressStyle;
  readonly perSecond?: number | undefined;
  describe(progress: Progress): ProgressText;
  message(progress: Progress): Readonly<Record<string, unknown>>;
}

const perSecondDefault = { bar: 10, json: 10, lines: 0.1, none: 0 };

/**
 * Shows progress at a calm rate: a bar that is drawn over on a terminal, a plain line every ten seconds in a log,
 * at most ten JSON lines a second. `end` clears the bar, so the summary starts on a clean line.
 */
export class ProgressDisplay<Progress> {
  readonly #terminal: Terminal;
  readonly #clock: Clock;
  readonly #options: ProgressOptions<Progress>;
  readonly #everyMs: number;
  #shownAtMs: number;
  #drawn = false;

  constructor(terminal: Terminal, clock: Clock, options: ProgressOptions<Progress>) {
    this.#terminal = terminal;
    this.#clock = clock;
    this.#options = options;
    this.#everyMs = secondMs / (options.perSecond ?? perSecondDefault[options.style]);
    // A log gets its first line after one interval; whoever watches sees the bar at once.
    this.#shownAtMs = options.style === "lines" ? clock.monotonicMs() : -Infinity;
  }

  update(progress: Progress): void {
    const { style } = this.#options;
    if (style === "none") return;
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#shownAtMs < this.#everyMs) return;
    this.#shownAtMs = nowMs;
    if (style === "json") return this.#terminal.write(`${JSON.stringify(this.#options.message(progress))}\n`);
    const shown = this.#options.describe(progress);
    if (style === "lines") return this.#terminal.writeError(`${percent(shown.fraction)}${shown.text}\n`);
    this.#draw(shown);
  }

  /** Prints a line above the bar. */
  say(text: string): void {
    this.end();
    this.#terminal.writeError(`${text}\n`);
  }

  end(): void {
    if (this.#drawn) this.#terminal.writeError("\r\x1b[K");
    this.#drawn = false;
  }

  #draw({ fraction, text, detail }: ProgressText): void {
    const width = this.#terminal.columns - 1;
    const cells = 24;
    const filled = Math.round((fraction ?? 0) * cells);
    const bar = fraction === undefined ? "" : `[${"=".repeat(filled)}${" ".repeat(cells - filled)}] `;
    const whole = `${bar}${percent(fraction)}${text}${detail ? `  ${detail}` : ""}`;
    this.#terminal.writeError(`\r\x1b[K${whole.slice(0, width)}`);
    this.#drawn = true;
  }
}

const percent = (fraction: number | undefined) =>
  fraction === undefined ? "" : `${Math.floor(fraction * 100)} % `.padStart(6);
