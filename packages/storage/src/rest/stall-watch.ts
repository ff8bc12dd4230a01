import type { Clock } from "@holdfast/base";

/**
 * Ends a request that makes no progress for `stalledMs`: refused connections fail by themselves, but a black hole,
 * a half-open connection or a server that stopped sending would hold a backup for ever.
 *
 * @see reliability F40; restic's --stuck-request-timeout
 */
export class StallWatch {
  readonly #clock: Clock;
  readonly #stalledMs: number;
  readonly #onStall: () => void;
  readonly #stopped = new AbortController();
  #progressAtMs: number;
  #isPaused = false;
  #isAsleep = false;

  constructor(clock: Clock, stalledMs: number, onStall: () => void) {
    this.#clock = clock;
    this.#stalledMs = stalledMs;
    this.#onStall = onStall;
    this.#progressAtMs = clock.monotonicMs();
    void this.#watch();
  }

  /** Bytes moved, in either direction. */
  progress(): void {
    this.#progressAtMs = this.#clock.monotonicMs();
    this.#isPaused = false;
    if (!this.#isAsleep) void this.#watch();
  }

  /** Our own caller is busy with what it got, or has yet to give; that is not the server's fault. */
  pause(): void {
    this.#isPaused = true;
  }

  stop(): void {
    this.#stopped.abort();
  }

  /** One timer that looks again when it wakes, instead of one a piece. */
  async #watch(): Promise<void> {
    this.#isAsleep = true;
    try {
      for (let leftMs = this.#stalledMs; leftMs > 0;) {
        await this.#clock.sleep(leftMs, this.#stopped.signal);
        if (this.#isPaused) return;
        leftMs = this.#stalledMs - (this.#clock.monotonicMs() - this.#progressAtMs);
      }
      this.#onStall();
    } catch {
      // Stopped while asleep: the request is over.
    } finally {
      this.#isAsleep = false;
    }
  }
}
