import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { relative } from "node:path";
import { filesBelow } from "./files-below.ts";

/** One hash over the names and contents of all files below a folder, so that a restore that lost something is seen. */
export function treeDigest(folder: string): string {
  const files = [...filesBelow(folder)].sort();
  const digest = createHash("sha256");
  for (const file of files) {
    const content = readFileSync(file);
    digest.update(`${relative(folder, file)}\0${content.length}\0`).update(content);
  }
  return digest.digest("hex");
}
