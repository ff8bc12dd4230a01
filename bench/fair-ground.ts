import { closeSync, openSync, readSync, rmSync, statfsSync, truncateSync, writeSync } from "node:fs";
import { freemem } from "node:os";
import { join } from "node:path";
import { MiB } from "@holdfast/base";
import { filesBelow } from "./files-below.ts";

const piece = Buffer.alloc(8 * MiB);

/**
 * Has the system's memory touched before anybody is measured: a virtual machine is given each page when it is first used,
 * and whoever comes first would pay for it, seconds for each GiB.
 * @param folder where the programs will write
 * @param bytes as many as a round writes; no more than what memory there is
 */
export function touchMemory(folder: string, bytes: number): void {
  const path = join(folder, "touched");
  const fd = openSync(path, "wx");
  for (let left = Math.min(bytes, freemem() * 0.8); left > 0; left -= piece.byteLength) writeSync(fd, piece);
  closeSync(fd);
  rmSync(path);
}

/**
 * Reads files through, so that they lie in the page cache for whoever is next: borg has the system drop what it has read,
 * and the program behind it would be the only one to read from the disk.
 */
export function bringIntoCache(paths: Iterable<string>): void {
  for (const path of paths) {
    const fd = openSync(path, "r");
    while (readSync(fd, piece) > 0);
    closeSync(fd);
  }
}

/** Fewer free inodes than the largest scenario makes twice. */
const inodesScarce = 3_000_000;

/**
 * Gives back the space of all files below a folder and leaves the files, empty, as long as inodes last.
 *
 * ext4 without a journal, as in many virtual machines, gives no inode out again for some minutes after it was freed, and
 * passes over all of those for each file that is made: the next program would make its files at a fraction of the speed.
 */
export function emptyFiles(folder: string): void {
  if (statfsSync(folder).ffree < inodesScarce) rmSync(folder, { recursive: true, force: true });
  else for (const path of filesBelow(folder)) emptyFile(path);
}

function emptyFile(path: string): void {
  try {
    truncateSync(path);
  } catch {
    rmSync(path); // one that may only be read
  }
}
