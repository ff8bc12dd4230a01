import { createHash, hash } from "node:crypto";
import { chmodSync, chownSync, linkSync, mkdirSync, symlinkSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const isRoot = process.getuid?.() === 0;

/**
 * Writes a folder of `files` regular files as people have them: small and large, empty ones, several names for one
 * file, links to somewhere and nowhere, odd modes and owners, names in many scripts and in no encoding, old times.
 * The same everywhere; only owners need root.
 */
export function writeSourceTree(folder: string, files: number): void {
  mkdirSync(folder, { recursive: true });
  for (let number = 0; number < files; number += 1) {
    const inside = join(folder, `folder-${number % 23}`, `inner-${number % 7}`);
    mkdirSync(inside, { recursive: true });
    const path = Buffer.concat([Buffer.from(`${inside}/`), nameOf(number)]);
    if (number % 50 === 49) linkSync(join(folder, "folder-0", "inner-0", "file-0.txt"), path);
    else writeFileSync(path, contentOf(number));
    if (number % 50 !== 49) decorate(path, number);
  }
  mkdirSync(join(folder, "empty", "also empty"), { recursive: true });
  symlinkSync("folder-0/inner-0/file-0.txt", join(folder, "link to a file"));
  symlinkSync("/nowhere/at all", join(folder, "link to nowhere"));
  symlinkSync(".", join(folder, "link to itself"));
  chmodSync(join(folder, "folder-1"), 0o1777);
  chmodSync(join(folder, "folder-2"), 0o2755);
  utimesSync(join(folder, "empty"), 86_400, 86_400.123456);
}

const scripts = ["notes", "naïve café", "日本語", "العربية", "emoji 🎉", 'quote " and \\', "line\nbreak", "tab\tstop"];

function nameOf(number: number): Buffer {
  if (number === 0) return Buffer.from("file-0.txt");
  const name = Buffer.from(`${scripts[number % scripts.length]}-${number}`);
  // Bytes that are no UTF-8, as old archives bring them.
  return number % 97 === 0 ? Buffer.concat([name, Buffer.from([0xff, 0xe9, 0x80])]) : name;
}

/** Nothing, a line, some kilobytes that compress, or more than one chunk that does not. */
function contentOf(number: number): Buffer {
  if (number % 40 === 7) return Buffer.alloc(0);
  if (number === 400) return randomBytes("large", 9 * 1024 * 1024);
  if (number % 10 === 3) return randomBytes(`seed ${number}`, 20_000 + number * 7);
  return Buffer.from(`This is file number ${number}.\n`.repeat(1 + (number % 211)));
}

function randomBytes(seed: string, length: number): Buffer {
  return createHash("shake256", { outputLength: length })
    .update(hash("sha256", seed, "buffer"))
    .digest();
}

const modes = [0o644, 0o600, 0o755, 0o4755, 0o2711, 0o444, 0o640];

function decorate(path: Buffer, number: number): void {
  if (isRoot) chownSync(path, 1000 + (number % 5), 2000 + (number % 3));
  chmodSync(path, modes[number % modes.length] ?? 0o644); // after chown, which clears setuid
  const modifiedAt = 1_000_000_000 + number * 86_413 + number / 1_000_003;
  utimesSync(path, modifiedAt, modifiedAt);
}
