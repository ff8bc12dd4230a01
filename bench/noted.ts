import type { FigureId } from "./figures.ts";
import type { Measurement, Measurements } from "./measurements.ts";

/** Numbers as they come in. */
export class Noted {
  readonly #rounds = new Map<FigureId, Record<string, number[]>>();

  add(program: string, figure: FigureId, value: number): void {
    const byProgram = this.#rounds.get(figure) ?? {};
    this.#rounds.set(figure, byProgram);
    (byProgram[program] ??= []).push(Math.round(value * 100) / 100);
  }

  /** @param data what the numbers belong to */
  measurements(day: string, data: string): Measurements["figures"] {
    const entries = [...this.#rounds].map(([figure, byProgram]) => [figure, { day, data, rounds: byProgram }] as const);
    return Object.fromEntries<Measurement>(entries);
  }
}
