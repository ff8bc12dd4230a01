/**
 * `npm run bench:index`: what an index of a million and of ten million blobs costs to load, from its files and from the
 * local cache, and what a command costs on such a repository.
 *
 *     npm run bench:index -- --blobs 1000000,10000000 --rounds 5
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { holdfastProgram, type CommandLine } from "./contenders.ts";
import { indexBenchPassword, writeIndexRepository } from "./index-repository.ts";
import { measure, output } from "./measure.ts";

/** What load-index.ts prints. */
interface Loaded {
  readonly blobs: number;
  readonly tookMs: number;
  readonly residentBytes: number;
  readonly peakBytes: number;
}

const { values } = parseArgs({
  options: {
    blobs: { type: "string", default: "1000000,10000000" },
    rounds: { type: "string", default: "5" },
    dir: { type: "string" },
  },
});
const rounds = Number(values.rounds);

console.log("Password stretching is left out: the repositories have the cheapest there is.\n");
for (const blobs of values.blobs.split(",").map(Number)) await measureIndex(blobs);

async function measureIndex(blobs: number): Promise<void> {
  const work = mkdtempSync(join(values.dir ?? tmpdir(), "holdfast-index-"));
  try {
    await writeIndexRepository(work, blobs);
    const [repository, cache, empty] = ["repository", "cache", "empty"].map((name) => join(work, name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(empty);
    const loader = [process.execPath, resolve(import.meta.dirname, "load-index.ts"), repository];
    const load = (...more: string[]) => JSON.parse(output({ words: [...loader, ...more], variables: {} })) as Loaded;
    console.log(`${blobs.toLocaleString("en")} blobs            seconds   bytes a blob, all of it   at the peak`);
    printLoads("from the index files", () => load());
    load(cache);
    printLoads("from the local cache", () => load(cache));
    const cli = (...words: string[]): CommandLine => ({
      words: [process.execPath, holdfastProgram, "-r", repository, ...words],
      variables: { HOLDFAST_PASSWORD: indexBenchPassword, HOLDFAST_CACHE_DIR: cache },
    });
    printRuns("holdfast snapshots", cli("snapshots", "--quiet"));
    printRuns("holdfast backup of an empty folder", cli("backup", "--quiet", empty));
    console.log("");
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function printLoads(name: string, load: () => Loaded): void {
  const loads = Array.from({ length: rounds }, load);
  const of = (pick: (loaded: Loaded) => number) => median(loads.map(pick));
  const seconds = (of((loaded) => loaded.tookMs) / 1000).toFixed(2);
  const [all, peak] = [of((one) => one.residentBytes / one.blobs), of((one) => one.peakBytes / one.blobs)];
  console.log(`${name.padEnd(26)}${seconds.padStart(10)}${all.toFixed(1).padStart(26)}${peak.toFixed(1).padStart(14)}`);
}

function printRuns(name: string, line: CommandLine): void {
  measure(line); // the first start compiles
  const runs = Array.from({ length: rounds }, () => measure(line));
  const wall = median(runs.map((run) => run.wallMs));
  const cpu = median(runs.map((run) => run.cpuMs));
  const [wallText, cpuText] = [wall, cpu].map((ms) => `${(ms / 1000).toFixed(2)} s`);
  console.log(`${name.padEnd(36)}${wallText} from start to end, ${cpuText} of processor time`);
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((left, right) => left - right);
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}
