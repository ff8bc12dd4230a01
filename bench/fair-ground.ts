import { execFileSync } from "node:child_process";
import { closeSync, openSync, readdirSync, rmSync, statfsSync, writeSync } from "node:fs";
import { freemem } from "node:os";
import { join } from "node:path";
import { minuteMs, MiB, secondMs } from "@holdfast/base";

/**
 * Has the system's memory touched before anybody is measured: a virtual machine is given each page when it is first used,
 * and whoever comes first would pay for it, seconds for each GiB.
 * @param folder where the programs will write
 * @param bytes as many as a round writes; no more than what memory there is
 */
export function touchMemory(folder: string, bytes: number): void {
  const path = join(folder, "touched");
  const piece = Buffer.alloc(8 * MiB, 1);
  const fd = openSync(path, "wx");
  for (let left = Math.min(bytes, freemem() * 0.8); left > 0; left -= piece.byteLength) writeSync(fd, piece);
  closeSync(fd);
  rmSync(path);
}

const ext4 = 0xef53;

/**
 * Removes what one program wrote, so that the next finds what this one found.
 *
 * ext4 without a journal, as in many virtual machines, gives no inode out again within a minute after it was freed, and
 * looks at all of those for each file that is made: the next program would make files at a tenth of the speed.
 */
export function removeAll(folder: string, work: string): void {
  rmSync(work, { recursive: true, force: true });
  if (statfsSync(folder).type !== ext4 || hasJournal()) return;
  execFileSync("sync"); // one that is not written out counts as freed just now for five minutes more
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, minuteMs + 5 * secondMs);
}

function hasJournal(): boolean {
  try {
    return readdirSync("/proc/fs/jbd2").length > 0;
  } catch {
    return false;
  }
}
