import { nextRate, type ProgressRate } from "../progress-rate.ts";

/** The speed of each running run, kept from event to event while the person moves between pages. */
class ProgressRates {
  readonly #rates = new Map<string, ProgressRate>();
  readonly #listeners = new Set<() => void>();

  readonly of = (runId: string): ProgressRate | undefined => this.#rates.get(runId);

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  note(runId: string, atMs: number, bytesDone: number): void {
    this.#rates.set(runId, nextRate(this.#rates.get(runId), atMs, bytesDone));
    for (const listener of this.#listeners) listener();
  }

  forget(runId: string): void {
    this.#rates.delete(runId);
  }
}

export const progressRates = new ProgressRates();
