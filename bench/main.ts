/**
 * `npm run bench`: Holdfast, the newest restic and borg on the same data, side by side, each in turn.
 *
 *     npm run bench                             everything, 5 rounds: several hours
 *     npm run bench -- --only mixed,large       some of: mixed large small sparse prune scale
 *     npm run bench -- --quick                  a hundredth of the data, 1 round; prints only, to see that it works
 *
 * Writes what it measured into bench/measurements.json, and the tables into docs/performance.md and README.md.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { systemClock } from "@holdfast/base";
import rootPackage from "../package.json" with { type: "json" };
import { borg, holdfast, restic, type Contender } from "./contenders.ts";
import { bringIntoCache, emptyFiles, touchMemory } from "./fair-ground.ts";
import { figures } from "./figures.ts";
import { filesBelow } from "./files-below.ts";
import { bytesBelow, canMeasure } from "./measure.ts";
import { readMeasurements, writeMeasurements, type Measurements } from "./measurements.ts";
import { newestOrInstalledRestic } from "./newest-or-installed-restic.ts";
import { Noted } from "./noted.ts";
import { measuredOn, missedTargets, targetsTable, thisMachine } from "./report.ts";
import type { Scenario } from "./scenario.ts";
import { forgetPrune } from "./scenarios/forget-prune.ts";
import { large } from "./scenarios/large.ts";
import { mixed } from "./scenarios/mixed.ts";
import { measureScale } from "./scenarios/scale.ts";
import { small } from "./scenarios/small.ts";
import { sparse } from "./scenarios/sparse.ts";

const { values } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    rounds: { type: "string" },
    only: { type: "string" },
    dir: { type: "string" },
  },
});
const rounds = Number(values.rounds ?? (values.quick ? 1 : 5));
/** A round writes the data about twice, into a repository and into a target; the source lies in memory already. */
const writtenShare = 2;
const share = values.quick ? 0.01 : 1;
const scenarios: readonly Scenario[] = [mixed, large, small, sparse, forgetPrune];
const only = values.only?.split(",") ?? [...scenarios.map(({ name }) => name), "scale"];
const root = resolve(import.meta.dirname, "..");
const day = new Date(systemClock.nowMs()).toISOString().slice(0, 10);

if (canMeasure()) {
  const top = mkdtempSync(join(values.dir ?? tmpdir(), "holdfast-bench-"));
  try {
    await compare(top);
  } finally {
    rmSync(top, { recursive: true, force: true });
  }
} else {
  console.error("bench: GNU time is needed to measure memory (Debian and Ubuntu: the package `time`).");
  process.exitCode = 1;
}

async function compare(top: string): Promise<void> {
  const programs = contenders();
  const versions = Object.fromEntries(programs.map(({ name, version }) => [name, version]));
  let measured: Measurements = { machine: thisMachine(), versions, figures: {} };
  const keep = (found: Measurements["figures"]) => {
    measured = { ...measured, figures: { ...measured.figures, ...found } };
    // After each part: a run of hours may be interrupted.
    if (!values.quick) publish({ ...measured, figures: { ...readMeasurements().figures, ...measured.figures } });
  };
  for (const scenario of scenarios) {
    if (!only.includes(scenario.name)) continue;
    const folder = join(top, scenario.name);
    mkdirSync(folder);
    keep(runScenario(scenario, programs, folder));
    emptyFiles(folder);
  }
  if (only.includes("scale")) {
    const noted = new Noted();
    const data = await measureScale(top, share, rounds, (figure, value) => noted.add("Holdfast", figure, value));
    keep(noted.measurements(day, data));
  }
  const measuredNow = figures.filter(({ id }) => measured.figures[id] !== undefined);
  console.log(`\n${measuredOn(measuredNow, measured)}\n${targetsTable(measuredNow, measured)}`);
}

function runScenario(scenario: Scenario, programs: readonly Contender[], folder: string): Measurements["figures"] {
  console.log(`${scenario.name}: making the data ...`);
  const prepared = scenario.prepare(folder, share);
  const noted = new Noted();
  const taking = programs.filter((program) => prepared.takesPart?.(program) ?? true);
  touchMemory(folder, writtenShare * bytesBelow(folder));
  for (let round = 1; round <= rounds; round += 1) {
    // Somebody else goes first each time.
    for (const contender of taking.map((_, at) => taking[(at + round - 1) % taking.length]!)) {
      console.log(`${scenario.name}, round ${round} of ${rounds}: ${contender.name}`);
      const work = join(folder, `round-${round}-${contender.name}`);
      mkdirSync(join(work, "target"), { recursive: true });
      for (const source of prepared.sources) bringIntoCache(filesBelow(source));
      prepared.round(contender, work, round === 1, (figure, value) => noted.add(contender.name, figure, value));
      emptyFiles(work);
    }
  }
  return noted.measurements(day, prepared.data);
}

/** Holdfast first; the others as far as they are here. */
function contenders(): Contender[] {
  const found = [holdfast(rootPackage.version), restic(newestOrInstalledRestic()), borg()];
  const there = found.filter((contender) => contender !== undefined);
  if (there.length < found.length) console.log("Not installed here, so not compared: restic or borg.");
  return there;
}

function publish(measured: Measurements): void {
  writeMeasurements(measured);
  const about = measuredOn(figures, measured);
  const full = `${about}\n${targetsTable(figures, measured)}\n${missedTargets(figures, measured)}`;
  const short = figures.filter(({ id }) => id.startsWith("mixed") || id === "large first wall");
  write("docs/performance.md", full);
  write("README.md", targetsTable(short, measured));
  const written = ["bench/measurements.json", "docs/performance.md", "README.md"];
  execFileSync(process.execPath, [join(root, "node_modules/.bin/oxfmt"), ...written], { cwd: root, stdio: "ignore" });
}

/** Replaces what stands between the document's two marks. */
function write(document: string, text: string): void {
  const path = join(root, document);
  const marks = /(<!-- bench: begin[^>]*-->\n)[^]*(<!-- bench: end -->)/;
  const before = readFileSync(path, "utf8");
  if (!marks.test(before)) throw new Error(`${document} has lost its bench marks.`);
  writeFileSync(
    path,
    before.replace(marks, (_, begin: string, end: string) => `${begin}\n${text}\n${end}`),
  );
  execFileSync(process.execPath, [join(root, "node_modules/.bin/oxfmt"), document], { cwd: root, stdio: "ignore" });
}
