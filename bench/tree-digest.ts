import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { join, relative } from "node:path";

/** One hash over the names and contents of all files below a folder, so that a restore that lost something is seen. */
export function treeDigest(folder: string): string {
  const files = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .sort();
  const digest = createHash("sha256");
  for (const file of files) {
    const content = readFileSync(file);
    digest.update(`${relative(folder, file)}\0${content.length}\0`).update(content);
  }
  return digest.digest("hex");
}
