import { release } from "node:os";
import type { AnchoredDirectory } from "./anchored-directory.ts";

/** File systems of Linux that move a file's change time whenever anything of it changes, attributes and ACLs too. */
const trusted = new Set([
  0xef53, // ext2, ext3, ext4
  0x58465342, // XFS
  0x9123683e, // Btrfs
  0xf2f52010, // F2FS
  0x2fc12fc1, // ZFS
  0x794c7630, // overlay: it says what the file system below it says
  ...(kernelAtLeast(6, 12) ? [0x01021994] : []), // tmpfs: older kernels set attributes without a word
]);

const answers = new Map<number, boolean>();

/**
 * Whether change times of a directory's entries tell of every change. What comes over a network or from another program
 * may say what it likes, so nothing is concluded there.
 * @param device a number that tells the file systems of this machine apart
 */
export function hasTrueChangeTimes(directory: AnchoredDirectory, device: number): boolean {
  let answer = answers.get(device);
  if (answer === undefined) answers.set(device, (answer = trusted.has(directory.fileSystem)));
  return answer;
}

function kernelAtLeast(major: number, minor: number): boolean {
  const [ofMajor = 0, ofMinor = 0] = release().split(".").map(Number);
  return ofMajor > major || (ofMajor === major && ofMinor >= minor);
}
