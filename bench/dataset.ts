import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { KiB, MiB } from "@holdfast/base";
import { Keystream } from "./keystream.ts";

export interface Dataset {
  readonly files: number;
  readonly bytes: number;
}

/** What the files are like; shares of their number, in percent. */
const kinds = [
  { percent: 62, least: 200, most: 24 * KiB, content: "text" },
  { percent: 22, least: 8 * KiB, most: 200 * KiB, content: "text" },
  { percent: 9, least: 8 * KiB, most: MiB, content: "random" },
  { percent: 6, least: 1 * KiB, most: 256 * KiB, content: "repeat" },
  { percent: 1, least: MiB, most: 6 * MiB, content: "random" },
] as const;

const filesPerFolder = 40;
/** Every file is from this instant, so that its metadata is the same in each run. */
const modifiedAt = Date.UTC(2026, 0, 1) / 1000;

/**
 * Writes a tree that resembles a working folder: many small texts, some larger ones, some that do not compress
 * (pictures, archives), some that are there twice, and one large file of a quarter of all bytes.
 * The same target size gives the same bytes everywhere.
 */
export function writeDataset(folder: string, bytesTarget: number): Dataset {
  const stream = new Keystream("holdfast bench 1");
  const text = textOf(stream, 4 * MiB);
  const earlier: Buffer[] = [];
  let bytes = writeOne(join(folder, "large.bin"), stream.bytes(Math.floor(bytesTarget / 4)));
  let files = 1;
  for (; bytes < bytesTarget; files += 1) {
    const kind = pick(stream.below(100));
    const size = stream.size(kind.least, kind.most);
    const again = kind.content === "repeat" ? earlier[stream.below(earlier.length + 1)] : undefined;
    const content = again ?? (kind.content === "random" ? stream.bytes(size) : cutOf(text, stream, size));
    if (earlier.length < 200) earlier.push(content);
    const top = Math.floor(files / filesPerFolder / filesPerFolder);
    const inner = Math.floor(files / filesPerFolder) % filesPerFolder;
    const name = `file-${files}.${kind.content === "text" ? "txt" : "dat"}`;
    bytes += writeOne(join(folder, `part-${top}`, `folder-${inner}`, name), content);
  }
  return { files, bytes };
}

/** @returns the bytes written */
function writeOne(path: string, content: Buffer): number {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  utimesSync(path, modifiedAt, modifiedAt);
  return content.length;
}

function pick(percent: number): (typeof kinds)[number] {
  let sum = 0;
  for (const kind of kinds) {
    sum += kind.percent;
    if (percent < sum) return kind;
  }
  return kinds[0];
}

/** Sentences of made-up words; compresses about as source code and letters do. */
function textOf(stream: Keystream, size: number): Buffer {
  const words = Array.from({ length: 3000 }, () =>
    Array.from({ length: 2 + stream.below(9) }, () => String.fromCharCode(97 + stream.below(26))).join(""),
  );
  const parts: string[] = [];
  for (let length = 0; length < size;) {
    const word = words[Math.min(stream.below(words.length), stream.below(words.length))] ?? "";
    parts.push(word, stream.below(12) === 0 ? ".\n" : " ");
    length += word.length + 1;
  }
  return Buffer.from(parts.join("").slice(0, size));
}

/** `size` bytes of the text from somewhere in it, with a first line of its own so that no two files are equal by chance. */
function cutOf(text: Buffer, stream: Keystream, size: number): Buffer {
  const from = stream.below(text.length - Math.min(size, text.length) + 1);
  const head = Buffer.from(`${stream.bytes(12).toString("hex")}\n`);
  return Buffer.concat([head, text.subarray(from, from + size)]).subarray(0, size);
}
