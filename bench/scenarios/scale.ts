import { mkdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { holdfastProgram } from "../contenders.ts";
import { writeIndexRepository } from "../index-repository.ts";
import { measure, output } from "../measure.ts";
import type { Note } from "../scenario.ts";

/** What Holdfast alone takes on very large repositories, whose targets are numbers and no shares. */
export async function measureScale(folder: string, share: number, rounds: number, note: Note): Promise<string> {
  const [million, tenMillion] = [Math.ceil(1_000_000 * share), Math.ceil(10_000_000 * share)];
  const small = join(folder, "million");
  mkdirSync(small, { recursive: true });
  await writeIndexRepository(small, million);
  const line = {
    words: [process.execPath, holdfastProgram, "-r", join(small, "repository"), "snapshots", "--quiet"],
    variables: { HOLDFAST_PASSWORD: "bench", HOLDFAST_CACHE_DIR: join(small, "cache") },
  };
  measure(line); // warms the cache
  for (let round = 0; round < rounds; round += 1) note("start wall", measure(line).wallMs);

  const great = join(folder, "ten-million");
  await writeIndexRepository(great, tenMillion);
  const loader = [process.execPath, resolve(import.meta.dirname, "../load-index.ts"), join(great, "repository")];
  for (let round = 0; round < rounds; round += 1) {
    const loaded = JSON.parse(output({ words: loader, variables: {} })) as { blobs: number; residentBytes: number };
    note("index bytes", loaded.residentBytes / loaded.blobs);
  }
  const pruner = [process.execPath, resolve(import.meta.dirname, "../prune-memory.ts"), "--measure"];
  const pruned = measure({ words: [...pruner, join(great, "repository")], variables: {} });
  note("index prune memory", pruned.peakBytes);
  return `${million.toLocaleString("en")} and ${tenMillion.toLocaleString("en")} blobs, made up`;
}
