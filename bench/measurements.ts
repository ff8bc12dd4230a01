import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { FigureId } from "./figures.ts";

/** What the programs reached in one figure, side by side in one run. */
export interface Measurement {
  /** ISO date. */
  readonly day: string;
  /** What the numbers belong to: files and bytes. */
  readonly data: string;
  /** By program: one number for each round, milliseconds or bytes. */
  readonly rounds: Readonly<Record<string, readonly number[]>>;
}

export interface Measurements {
  readonly machine: string;
  /** By program, as it says it. */
  readonly versions: Readonly<Record<string, string>>;
  readonly figures: Readonly<Partial<Record<FigureId, Measurement>>>;
}

const file = join(import.meta.dirname, "measurements.json");

/** What was measured last: a run may be about some figures only, and leaves the others as they are. */
export function readMeasurements(): Measurements {
  return JSON.parse(readFileSync(file, "utf8"));
}

export function writeMeasurements(measurements: Measurements): void {
  writeFileSync(file, `${JSON.stringify(measurements, undefined, 1)}\n`);
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
