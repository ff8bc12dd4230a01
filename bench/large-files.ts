import { closeSync, ftruncateSync, mkdirSync, openSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { MiB } from "@holdfast/base";
import { Keystream } from "./keystream.ts";

/** Bytes that do not compress. */
export function writeLargeFile(path: string, bytes: number): void {
  write(path, (fd) => {
    const stream = new Keystream("large file");
    for (let at = 0; at < bytes; at += MiB) writeSync(fd, stream.bytes(Math.min(MiB, bytes - at)));
  });
}

/** The same file with a fifth of it other bytes, and a few bytes inserted at each change, so that all behind moves. */
export function writeChangedFile(path: string, bytes: number): void {
  write(path, (fd) => {
    const [stream, other] = [new Keystream("large file"), new Keystream("change")];
    for (let at = 0, piece = 0; at < bytes; at += MiB, piece += 1) {
      const kept = stream.bytes(Math.min(MiB, bytes - at));
      // Ten MiB of every fifty.
      if (piece % 50 < 10) writeSync(fd, other.bytes(kept.length + 7));
      else writeSync(fd, kept);
    }
  });
}

/** A disk image as a virtual machine has: most of it never written, some of it data. */
export function writeSparseImage(path: string, bytes: number): void {
  write(path, (fd) => {
    ftruncateSync(fd, bytes);
    const stream = new Keystream("image");
    for (let at = 0; at < bytes; at += 256 * MiB)
      writeSync(fd, stream.bytes(Math.min(16 * MiB, bytes - at)), 0, undefined, at);
  });
}

function write(path: string, fill: (fd: number) => void): void {
  mkdirSync(dirname(path), { recursive: true });
  const fd = openSync(path, "w");
  try {
    fill(fd);
  } finally {
    closeSync(fd);
  }
}
