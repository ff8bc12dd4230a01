import type { Clock } from "@holdfast/base";
import type { MessageFromAgent, RunProgress } from "@holdfast/contract";
import type { z } from "zod";
import type { runLogLine } from "@holdfast/contract";
import type { HeldRun } from "../state/journal.ts";

type LogLine = z.infer<typeof runLogLine>;

/** People see two updates a second as moving; more would only load the server. */
const progressEveryMs = 500;
const linesPerMessageMax = 100;
/** What is kept while the server is away; a run that says more loses its oldest lines, and says so. */
const heldLinesMax = 1000;
const textLengthMax = 2000;

/** Carries what a run says while it goes to the server: thinned, in order, and without ever holding the run up. */
export class RunReporter {
  readonly #run: HeldRun;
  readonly #clock: Clock;
  readonly #send: (message: MessageFromAgent) => boolean;
  #lines: LogLine[] = [];
  #lostLines = 0;
  #lastPhase = "";
  #lastProgressMs = -progressEveryMs;
  #lastLinesMs = -progressEveryMs;

  constructor(run: HeldRun, clock: Clock, send: (message: MessageFromAgent) => boolean) {
    this.#run = run;
    this.#clock = clock;
    this.#send = send;
  }

  /** The newest state wins; one that comes too soon after another is dropped, unless it begins a phase. */
  progress(progress: RunProgress): void {
    const nowMs = this.#clock.monotonicMs();
    if (progress.phase === this.#lastPhase && nowMs - this.#lastProgressMs < progressEveryMs) return;
    this.#lastPhase = progress.phase;
    this.#lastProgressMs = nowMs;
    this.#send({ type: "progress", ...this.#run, progress });
    this.#sendLinesWhenDue();
  }

  say(level: LogLine["level"], text: string): void {
    this.#lines.push({ at: new Date(this.#clock.nowMs()).toISOString(), level, text: text.slice(0, textLengthMax) });
    if (this.#lines.length > heldLinesMax) {
      this.#lines.shift();
      this.#lostLines += 1;
    }
    this.#sendLinesWhenDue();
  }

  /** Sends the lines that are waiting; those that cannot go wait on. */
  flush(): void {
    if (this.#lostLines > 0 && this.#lines[0] !== undefined) {
      const text = `${this.#lostLines} lines before this one were left out; the agent's own log has them.`;
      if (!this.#sendLines([{ at: this.#lines[0].at, level: "warning", text }])) return;
      this.#lostLines = 0;
    }
    while (this.#lines.length > 0) {
      if (!this.#sendLines(this.#lines.slice(0, linesPerMessageMax))) return;
      this.#lines = this.#lines.slice(linesPerMessageMax);
    }
  }

  #sendLinesWhenDue(): void {
    const nowMs = this.#clock.monotonicMs();
    if (nowMs - this.#lastLinesMs < progressEveryMs) return;
    this.#lastLinesMs = nowMs;
    this.flush();
  }

  #sendLines(lines: LogLine[]): boolean {
    return this.#send({ type: "log", ...this.#run, lines });
  }
}
