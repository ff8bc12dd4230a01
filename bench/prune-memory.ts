/**
 * What a prune of a large repository takes in memory: its index is loaded, nine blobs in ten are marked, and everything
 * is planned and decided as `prune` does it; then the new index files are made. Packs and trees are left out: those
 * are read one after the other, in portions that do not depend on the size of the repository.
 *
 *     sh tools/run bench/prune-memory.ts [--blobs 10000000] [--dir folder]
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { count, formatBytes, formatDuration, silentLog, systemClock, systemRandom } from "@holdfast/base";
import { Repository } from "@holdfast/engine";
import { localStorage } from "@holdfast/storage";
import { BlobMarks } from "../packages/engine/src/prune/blob-marks.ts";
import { indexFileGroups, planIndexRewrite } from "../packages/engine/src/prune/index-rewrite.ts";
import { leavingPacks } from "../packages/engine/src/prune/leaving-packs.ts";
import { expectedSizes } from "../packages/engine/src/prune/expected-sizes.ts";
import { planPrune } from "../packages/engine/src/prune/plan-prune.ts";
import { indexBenchPassword, writeIndexRepository } from "./index-repository.ts";

const { values } = parseArgs({
  options: { blobs: { type: "string" }, dir: { type: "string" }, measure: { type: "string" } },
});
if (values.measure === undefined) await writeAndMeasure(Number(values.blobs ?? 10_000_000));
else await measurePrune(values.measure);

/** Measured in a process of its own: writing the repository takes memory as well. */
async function writeAndMeasure(blobs: number): Promise<void> {
  const work = mkdtempSync(join(values.dir ?? tmpdir(), "holdfast-bench-prune-memory-"));
  try {
    await writeIndexRepository(work, blobs);
    const words = [import.meta.filename, "--measure", join(work, "repository")];
    execFileSync(process.execPath, words, { stdio: "inherit" });
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

async function measurePrune(path: string): Promise<void> {
  const context = { clock: systemClock, random: systemRandom, log: silentLog };
  const options = { password: indexBenchPassword, isDryRun: true };
  const repository = await Repository.open(localStorage(path), options, context);
  const before = process.memoryUsage().rss;
  const beganMs = systemClock.monotonicMs();
  await repository.loadIndex();
  const index = repository.wholeIndex;
  const blobs = index.blobCount("data") + index.blobCount("tree");
  say("index loaded", before, beganMs, blobs);
  const marks = new BlobMarks();
  for (const type of ["data", "tree"] as const)
    for (let blob = 0; blob < index.blobCount(type); blob += 1) if (blob % 10 !== 0) marks.mark(type, blob);
  const listing = { sizes: expectedSizes(index), unindexed: [] };
  const { version, packBytesTarget } = repository;
  const plan = planPrune({ index, marks, listing, version, packBytesTarget }, { maxRepackBytes: 0 });
  say("planned", before, beganMs, blobs);
  const leaving = leavingPacks(index, marks, listing, plan);
  // One pack of every index file goes: so each is written anew, which is the most there can be to do.
  for (const packs of index.files.values()) leaving[packs[0]!] = 1;
  const { named } = planIndexRewrite(index, leaving, []);
  for (const group of indexFileGroups(index.packs((pack) => named[pack] === 1))) await repository.saveIndex(group);
  say("index written", before, beganMs, blobs);
}

function say(what: string, beforeBytes: number, beganMs: number, blobs: number): void {
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  const perBlob = ((peakBytes - beforeBytes) / blobs).toFixed(1);
  const took = formatDuration(systemClock.monotonicMs() - beganMs);
  console.log(
    `${what}: ${count(blobs, "blob")}, at most ${formatBytes(peakBytes)}, ${perBlob} bytes a blob, after ${took}`,
  );
}
