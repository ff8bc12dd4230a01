/**
 * `npm run bench`: Holdfast, restic and borg on the same generated data, side by side, each in turn.
 *
 *     npm run bench                 1 GiB, 5 rounds; writes the table into README.md and docs/performance.md
 *     npm run bench -- --quick      64 MiB, 1 round; prints only, to see that it works
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { GiB, MiB, systemClock } from "@holdfast/base";
import rootPackage from "../package.json" with { type: "json" };
import { fetchNewestRestic, newestResticPath } from "../tools/newest-restic.ts";
import { borg, holdfast, restic, type Contender } from "./contenders.ts";
import { writeDataset, type Dataset } from "./dataset.ts";
import { bytesBelow, canMeasure, measure, type Measured } from "./measure.ts";
import { comparisonTable, measuredOn, type FigureName, type Reached } from "./report.ts";
import { treeDigest } from "./tree-digest.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    "size-mib": { type: "string" },
    dir: { type: "string" },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
const bytesTarget =
  values["size-mib"] === undefined ? (values.quick ? 64 * MiB : GiB) : Number(values["size-mib"]) * MiB;
/** Where the figures stand, each between its two marks. */
const documents = ["README.md", "docs/performance.md"];

if (canMeasure()) compare();
else {
  console.error("bench: GNU time is needed to measure memory (Debian and Ubuntu: the package `time`).");
  process.exitCode = 1;
}

function compare(): void {
  const work = mkdtempSync(join(values.dir ?? tmpdir(), "holdfast-bench-"));
  try {
    const source = join(work, "source");
    console.log(`Writing the data to ${source} ...`);
    const dataset = writeDataset(source, bytesTarget);
    const digest = treeDigest(source); // also brings the files into the page cache, for everybody
    const reached = contenders().map((contender) => ({ contender, rounds: new Map<FigureName, number[]>() }));
    for (let round = 1; round <= rounds; round += 1) {
      for (const { contender, rounds: numbers } of reached) {
        console.log(`Round ${round} of ${rounds}: ${contender.name}`);
        runRound(contender, join(work, "round"), source, digest, (figure, value) => {
          numbers.set(figure, [...(numbers.get(figure) ?? []), value]);
        });
      }
    }
    report(
      dataset,
      reached.map(({ contender, rounds: numbers }) => ({ ...contender, rounds: numbers })),
    );
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** One program, from an empty repository to a verified restore. */
function runRound(
  contender: Contender,
  folder: string,
  source: string,
  digest: string,
  note: (figure: FigureName, value: number) => void,
): void {
  const [repository, target] = [join(folder, "repository"), join(folder, "target")];
  mkdirSync(target, { recursive: true });
  try {
    measure(contender.init(repository));
    const first: Measured = measure(contender.backup(repository, source));
    note("first backup", first.wallMs);
    note("first backup, processor time", first.cpuMs);
    note("peak memory, backup", first.peakBytes);
    note("unchanged re-run", measure(contender.backup(repository, source)).wallMs);
    note("stored size", bytesBelow(repository));
    const restored = measure(contender.restore(repository, target));
    note("restore", restored.wallMs);
    note("peak memory, restore", restored.peakBytes);
    if (treeDigest(join(target, source)) !== digest) throw new Error(`${contender.name} restored something else.`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Holdfast first; the others as far as they are here. */
function contenders(): Contender[] {
  const found = [holdfast(rootPackage.version), restic(resticBinary()), borg()];
  const there = found.filter((contender) => contender !== undefined);
  if (there.length < found.length) console.log("Not installed here, so not compared: restic or borg.");
  return there;
}

/** The newest that can be had, or else the installed one. */
function resticBinary(): string {
  const known = newestResticPath();
  if (known !== undefined) return known;
  try {
    return fetchNewestRestic();
  } catch {
    return "restic";
  }
}

function report(dataset: Dataset, reached: readonly Reached[]): void {
  const day = new Date(systemClock.nowMs()).toISOString().slice(0, 10);
  const text = `${measuredOn(dataset, rounds, reached, day)}\n${comparisonTable(reached)}`;
  console.log(`\n${text}`);
  if (values.quick) return console.log("Quick run: the documents stay as they are.");
  for (const document of documents) {
    const path = resolve(import.meta.dirname, "..", document);
    writeFileSync(path, withMeasurements(document, readFileSync(path, "utf8"), text));
  }
  const root = resolve(import.meta.dirname, "..");
  execFileSync(process.execPath, [join(root, "node_modules/.bin/oxfmt"), ...documents], { cwd: root, stdio: "ignore" });
  console.log(`Written to ${documents.join(" and ")}.`);
}

/** The document with what stands between the two marks replaced. */
function withMeasurements(document: string, before: string, text: string): string {
  const marks = /(<!-- bench: begin[^>]*-->\n)[^]*(<!-- bench: end -->)/;
  if (!marks.test(before)) throw new Error(`${document} has lost its bench marks.`);
  return before.replace(marks, (_, begin: string, end: string) => `${begin}\n${text}\n${end}`);
}
