import { cpSync, lstatSync, mkdirSync, opendirSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Dataset } from "./dataset.ts";

/** Where a Linux machine has libraries, documentation and sources. */
const roots = ["/usr/lib", "/usr/share", "/usr/include", "/usr/local", "/opt"];
const fileBytesMax = 64 * 2 ** 20;

/**
 * Copies real files of this machine: of all there are, evenly spread ones, as many and as many bytes as wanted, if there
 * are so many. Another machine has other files, so the table says what there were.
 */
export function copyRealTree(folder: string, filesWanted: number, bytesWanted: number): Dataset {
  const found = roots.flatMap((root) => [...filesBelow(root)]);
  const step = Math.max(1, found.length / filesWanted);
  let [files, bytes] = [0, 0];
  for (let at = 0; at < found.length && files < filesWanted && bytes < bytesWanted; at += step) {
    const { path, size } = found[Math.floor(at)]!;
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    cpSync(path, join(folder, path), { preserveTimestamps: true });
    files += 1;
    bytes += size;
  }
  return { files, bytes };
}

function* filesBelow(folder: string): Generator<{ path: string; size: number }> {
  let directory;
  try {
    directory = opendirSync(folder);
  } catch {
    return; // not every machine has every root
  }
  const names: { name: string; isFolder: boolean }[] = [];
  for (let entry = directory.readSync(); entry !== null; entry = directory.readSync()) {
    if (entry.isFile() || entry.isDirectory()) names.push({ name: entry.name, isFolder: entry.isDirectory() });
  }
  directory.closeSync();
  for (const { name, isFolder } of names.sort((left, right) => (left.name < right.name ? -1 : 1))) {
    const path = join(folder, name);
    if (isFolder) yield* filesBelow(path);
    else {
      const { size } = lstatSync(path);
      if (size <= fileBytesMax) yield { path, size };
    }
  }
}
