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

  /** Sends all lines that are waiting; those that cannot go wait on. */
  flush(): void {
    while (this.#lines.length > 0) if (!this.#sendNext()) return;
  }

  /** One message at a time: the server hangs up on a part that floods it. */
  #sendLinesWhenDue(): void {
    const nowMs = this.#clock.monotonicMs();
    if (this.#lines.length === 0 || nowMs - this.#lastLinesMs < progressEveryMs) return;
    this.#lastLinesMs = nowMs;
    this.#sendNext();
  }

  #sendNext(): boolean {
    const lines = this.#lines.slice(0, linesPerMessageMax);
    const first = lines[0];
    if (this.#lostLines > 0 && first !== undefined) {
      const text = `${this.#lostLines} lines before this one were left out; the agent's own log has them.`;
      lines.splice(linesPerMessageMax - 1);
      lines.unshift({ at: first.at, level: "warning", text });
    }
    if (!this.#send({ type: "log", ...this.#run, lines })) return false;
    this.#lines = this.#lines.slice(this.#lostLines > 0 ? lines.length - 1 : lines.length);
    this.#lostLines = 0;
    return true;
  }
}
