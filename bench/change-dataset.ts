import { readdirSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Keystream } from "./keystream.ts";

/** Every file is looked at as one of so many; those of one kind change together. */
const kinds = 40;

/**
 * A day's work in a tree of `writeDataset`: one file in forty gets new bytes, as many as it had, the large one excepted.
 * @param day the same number makes the same change
 */
export function changeDataset(folder: string, day: number): void {
  const stream = new Keystream(`day ${day}`);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== "large.bin")
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  for (const [at, path] of files.entries()) {
    if (at % kinds !== day % kinds) continue;
    const modifiedAt = Date.UTC(2026, 0, 1 + day) / 1000;
    writeFileSync(path, stream.bytes(statSync(path).size));
    utimesSync(path, modifiedAt, modifiedAt);
  }
}
