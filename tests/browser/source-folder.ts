import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MiB } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";

/** Names that a page must show as text: markup, a right-to-left override, a line break. */
export const hostileNames = ["<img src=x onerror=alert(1)>.txt", "invoice\u202Efdp.exe", "line\nbreak.txt"] as const;
export const downloadedName = "annual report.bin";
/** More than one piece of the sealed answer and not a whole number of them. */
const downloadedBytes = 3 * MiB + 12_345;

/** A small folder with one file to take out and names to beware of. */
export async function makeSourceFolder(folder: string, seed: number): Promise<void> {
  const random = seededRandom(seed);
  await mkdir(join(folder, "documents"), { recursive: true });
  await writeFile(join(folder, "documents", downloadedName), random.bytes(downloadedBytes));
  for (const name of hostileNames) await writeFile(join(folder, "documents", name), name);
}

/** Enough new bytes below `folder` that the next backup takes seconds, and can be watched. */
export async function addBulk(folder: string, seed: number): Promise<void> {
  const random = seededRandom(seed);
  const bulk = join(folder, `bulk-${seed}`);
  await mkdir(bulk);
  for (let number = 0; number < 400; number += 1) await writeFile(join(bulk, `${number}.bin`), random.bytes(2 * MiB));
}
