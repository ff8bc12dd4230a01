import { cpus, release, totalmem } from "node:os";
import { count, formatBytes, formatDuration } from "@holdfast/base";
import type { Dataset } from "./dataset.ts";

/** One figure of the comparison; less is better for all of them. */
export const figures = [
  { name: "first backup", unit: "time" },
  { name: "unchanged re-run", unit: "time" },
  { name: "restore", unit: "time" },
  { name: "first backup, processor time", unit: "time" },
  { name: "peak memory, backup", unit: "bytes" },
  { name: "peak memory, restore", unit: "bytes" },
  { name: "stored size", unit: "bytes" },
] as const;
export type FigureName = (typeof figures)[number]["name"];

/** What one program reached, by figure: one number for each round, milliseconds or bytes. */
export interface Reached {
  readonly name: string;
  readonly version: string;
  readonly rounds: ReadonlyMap<FigureName, readonly number[]>;
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** The table in Markdown: the first program's medians, and each other's as a number and as the first one's share of it. */
export function comparisonTable(reached: readonly Reached[]): string {
  const [own, ...others] = reached;
  if (own === undefined) return "";
  const header = ["figure", own.name, ...others.flatMap((other) => [other.name, `${own.name} / ${other.name}`])];
  const rows = figures.map(({ name, unit }) => {
    const show = unit === "time" ? formatDuration : (bytes: number) => formatBytes(Math.round(bytes));
    const ownMedian = median(own.rounds.get(name) ?? []);
    const cells = others.flatMap((other) => {
      const value = median(other.rounds.get(name) ?? []);
      return [show(value), (ownMedian / value).toFixed(2)];
    });
    return [name, show(ownMedian), ...cells];
  });
  return [header, header.map((_, at) => (at === 0 ? "---" : "--:")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |\n`)
    .join("");
}

/** On what, so that nobody takes the numbers for more than they are. */
export function measuredOn(dataset: Dataset, rounds: number, reached: readonly Reached[], day: string): string {
  const [processor] = cpus();
  const machine = `${cpus().length} cores of ${processor?.model.trim() || "an unnamed processor"}, ${formatBytes(totalmem())} of memory, Linux ${release()}`;
  return [
    `Measured on ${day}: ${machine}; local disk, files in the page cache.`,
    `Data: ${count(dataset.files, "generated file")}, ${formatBytes(dataset.bytes)} (bench/dataset.ts).`,
    `Medians of ${count(rounds, "round")}, each program in turn: ${reached.map((each) => each.version).join("; ")}.`,
    "Each restore was compared with the source, byte for byte.",
  ]
    .map((line) => `${line}\n`)
    .join("");
}
