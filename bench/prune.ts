/**
 * Forget and prune after half of 50 snapshots go: Holdfast and restic in turn, each on its own copy of one repository
 * that restic wrote, its cache warm.
 *
 *     sh tools/run bench/prune.ts [--rounds 5] [--size-mib 192] [--dir folder]
 */
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { MiB, formatBytes, formatDuration } from "@holdfast/base";
import { newestResticPath } from "../tools/newest-restic.ts";
import { changeDataset } from "./change-dataset.ts";
import type { CommandLine } from "./contenders.ts";
import { writeDataset } from "./dataset.ts";
import { measure, type Measured } from "./measure.ts";
import { median } from "./measurements.ts";

const snapshots = 50;
const { values } = parseArgs({
  options: { rounds: { type: "string" }, "size-mib": { type: "string" }, dir: { type: "string" } },
});
const rounds = Number(values.rounds ?? 5);
const work = mkdtempSync(join(values.dir ?? tmpdir(), "holdfast-bench-prune-"));

/** A program on the repository `written` or a copy of it, which both programs can open. */
interface Program {
  readonly name: string;
  readonly words: readonly string[];
}
const holdfast: Program = {
  name: "Holdfast",
  words: [process.execPath, resolve(import.meta.dirname, "../apps/cli/src/main.ts")],
};
const restic: Program = { name: "restic", words: [newestResticPath() ?? "restic"] };

function line({ words }: Program, repository: string, ...rest: string[]): CommandLine {
  const variables = { HOLDFAST_PASSWORD: "bench", RESTIC_PASSWORD: "bench", RESTIC_CACHE_DIR: `${repository}-cache` };
  return { words: [...words, "-r", repository, ...rest], variables };
}

try {
  const written = join(work, "written");
  const source = join(work, "source");
  writeDataset(source, Number(values["size-mib"] ?? 192) * MiB);
  measure(line(restic, written, "init"));
  for (let snapshot = 0; snapshot < snapshots; snapshot += 1) {
    if (snapshot > 0) changeDataset(source, snapshot);
    measure(line(restic, written, "backup", "--quiet", source));
  }
  const reached = [holdfast, restic].map((program) => ({ program, all: [] as Measured[] }));
  for (let round = 1; round <= rounds; round += 1) {
    for (const { program, all } of reached) all.push(oneRound(program, written));
  }
  for (const { program, all } of reached) {
    const [wallMs, cpuMs, peakBytes] = (["wallMs", "cpuMs", "peakBytes"] as const).map((figure) =>
      median(all.map((each) => each[figure])),
    ) as [number, number, number];
    const times = all.map((each) => formatDuration(each.wallMs)).join(", ");
    console.log(
      `${program.name}: ${formatDuration(wallMs)} (${times}), CPU ${formatDuration(cpuMs)}, ${formatBytes(peakBytes)}`,
    );
  }
  const [own, other] = reached.map(({ all }) => median(all.map((each) => each.wallMs)));
  console.log(`share: ${(own! / other!).toFixed(2)}`);
} finally {
  rmSync(work, { recursive: true, force: true });
}

/** On a copy of its own, then checked by restic. */
function oneRound(program: Program, written: string): Measured {
  const repository = join(work, "copy");
  try {
    cpSync(written, repository, { recursive: true });
    cpSync(`${written}-cache`, `${repository}-cache`, { recursive: true });
    const half = `${snapshots / 2}`;
    const measured = measure(line(program, repository, "forget", "--keep-last", half, "--prune", "--quiet"));
    measure(line(restic, repository, "check"));
    return measured;
  } finally {
    rmSync(repository, { recursive: true, force: true });
    rmSync(`${repository}-cache`, { recursive: true, force: true });
  }
}
