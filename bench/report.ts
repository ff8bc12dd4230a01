import { cpus, release, totalmem } from "node:os";
import { formatBytes, formatDuration } from "@holdfast/base";
import type { Figure } from "./figures.ts";
import { median, type Measurement, type Measurements } from "./measurements.ts";

const own = "Holdfast";
const others = ["restic", "borg"] as const;

/** The machine, so that nobody takes the numbers for more than they are. */
export function thisMachine(): string {
  const [processor] = cpus();
  const name = processor?.model.trim() || "an unnamed processor";
  return `${cpus().length} cores of ${name}, ${formatBytes(totalmem())} of memory, Linux ${release()}`;
}

/** All figures in Markdown: medians, Holdfast's share of each other program's, the target, and whether it is met. */
export function targetsTable(figures: readonly Figure[], measurements: Measurements): string {
  const header = ["figure", own, "restic", "borg", "of restic's", "of borg's", "target", "met"];
  const rows = figures.map((figure) => {
    const measured = measurements.figures[figure.id];
    if (measured === undefined) return [figure.name, "not measured", "", "", "", "", targetText(figure), ""];
    const [ours, ...theirs] = [own, ...others].map((program) => medianOf(measured, program));
    const shares = theirs.map((value) => (ours === undefined || value === undefined ? "" : (ours / value).toFixed(2)));
    const shown = [ours, ...theirs].map((value) => show(figure, value));
    return [figure.name, ...shown, ...shares, targetText(figure), verdict(figure, measured)];
  });
  return [header, header.map((_, at) => (at === 0 ? "---" : "--:")), ...rows]
    .map((cells) => `| ${cells.join(" | ")} |\n`)
    .join("");
}

/** Which targets are missed, and what is known of the reason. */
export function missedTargets(figures: readonly Figure[], measurements: Measurements): string {
  const missed = figures.filter((figure) => {
    const measured = measurements.figures[figure.id];
    return measured !== undefined && verdict(figure, measured) === "no";
  });
  if (missed.length === 0) return "Every target that was measured is met.\n";
  const lines = missed.map(({ name, whyMissed }, at) => {
    const full = name.startsWith("…") ? `${figureAbove(figures, missed[at]!)}, ${name.slice(2)}` : name;
    return `- ${full}: ${whyMissed ?? "the reason is not known yet."}\n`;
  });
  return `Missed:\n\n${lines.join("")}`;
}

/** What was measured when, and on what data. */
export function measuredOn(figures: readonly Figure[], { machine, versions, figures: all }: Measurements): string {
  const data = new Map<string, string>();
  for (const { id } of figures) {
    const measured = all[id];
    if (measured !== undefined) data.set(measured.data, `${measured.day}, ${roundsOf(measured)} rounds`);
  }
  const lines = [...data].map(([what, when]) => `- ${what} (${when})\n`);
  return [
    `${machine}; local disk, files in the page cache; medians, each program in turn.\n`,
    "Each round another program goes first, after as many bytes were written and removed once, uncounted. ",
    "The data is read through before each program's turn.\n",
    `${Object.values(versions).join("; ")}. The first restore of each was compared with the source, byte for byte.\n\n`,
    ...lines,
  ].join("");
}

export function verdict(figure: Figure, measured: Measurement): "yes" | "no" | "" {
  const ours = medianOf(measured, own);
  if (ours === undefined || targetText(figure) === "") return "";
  const { atMost, ...shares } = figure.target;
  if (atMost !== undefined && ours > atMost) return "no";
  for (const program of others) {
    const [share, theirs] = [shares[program], medianOf(measured, program)];
    if (share === undefined) continue;
    if (theirs === undefined) return "";
    if (ours > share * theirs) return "no";
  }
  return "yes";
}

function figureAbove(figures: readonly Figure[], figure: Figure): string {
  const at = figures.indexOf(figure);
  return figures.slice(0, at).findLast(({ name }) => !name.startsWith("…"))?.name ?? "";
}

function targetText({ target, unit }: Figure): string {
  const parts = others.flatMap((program) => {
    const share = target[program];
    return share === undefined ? [] : [`≤ ${share.toFixed(2)} of ${program}'s`];
  });
  if (target.atMost !== undefined) parts.push(`≤ ${showNumber(unit, target.atMost)}`);
  return parts.join(", ");
}

function medianOf(measured: Measurement, program: string): number | undefined {
  const rounds = measured.rounds[program];
  return rounds === undefined || rounds.length === 0 ? undefined : median(rounds);
}

function roundsOf(measured: Measurement): number {
  return Math.max(...Object.values(measured.rounds).map((rounds) => rounds.length));
}

function show({ unit }: Figure, value: number | undefined): string {
  return value === undefined ? "" : showNumber(unit, value);
}

function showNumber(unit: Figure["unit"], value: number): string {
  if (unit === "time") return formatDuration(value);
  return unit === "bytes" ? formatBytes(Math.round(value)) : `${value.toFixed(1)} B`;
}
