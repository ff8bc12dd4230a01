import { posix } from "node:path";
import { HoldfastError } from "@holdfast/base";
import type { BackupSource, SourceDirectory, SourceStream } from "@holdfast/engine";
import { bareNode, type Timestamp } from "@holdfast/engine/repository";
import { sourceErrors } from "../errors.ts";
import { StreamReader } from "./stream-reader.ts";

export interface StreamOptions {
  /** Where the bytes stand in the snapshot, as a path from its top: "dump.sql", "/db/dump.sql". */
  readonly filename: string;
  /** What the snapshot says of the file's time, and of the directories on the way to it. */
  readonly time: Timestamp;
  /** The bytes, once. What it throws, if only at its end, makes all of them worthless. */
  readonly content: AsyncIterable<Uint8Array>;
}

/** As restic's: Go's modes of a plain directory and a plain file. */
const directoryMode = 0x8000_0000 + 0o755;
const fileMode = 0o644;

/**
 * One file whose bytes come from a pipe or a program. All of them must come, and at least one: what breaks off, and what
 * has nothing to say, leaves no snapshot that somebody could take for a good one.
 *
 * @throws SOURCE_BAD_NAME
 */
export function streamSource({ filename, time, content }: StreamOptions): BackupSource {
  const path = posix.join("/", filename);
  const names = path.split("/").filter((name) => name !== "");
  if (names.length === 0 || filename.endsWith("/") || path.includes("\0")) {
    throw new HoldfastError(sourceErrors.badName, `"${filename}" cannot be the name of a file.`);
  }
  const failed = new AbortController();
  const times = { mtime: time, atime: time, ctime: time };

  const stream = (name: Buffer, signal: AbortSignal | undefined): SourceStream => {
    const node = { ...bareNode(name, "file"), ...times, mode: fileMode };
    const reader = new StreamReader(content, (error) => failed.abort(error), signal);
    return { node, read: (into) => reader.read(into), hasChanged: () => false, close: () => {} };
  };
  const directory = (depth: number, signal?: AbortSignal): SourceDirectory => ({
    *entries() {
      const name = Buffer.from(names[depth]!);
      if (depth < names.length - 1) {
        const node = { ...bareNode(name, "dir"), ...times, mode: directoryMode };
        yield { kind: "directory", node, open: () => directory(depth + 1, signal) };
      } else {
        const node = { ...bareNode(name, "file"), ...times, mode: fileMode };
        yield { kind: "stream", node, open: async () => stream(name, signal) };
      }
    },
    close: () => {},
  });
  return {
    targets: [path],
    excludes: [],
    notKept: undefined,
    isStream: true,
    failed: failed.signal,
    open: async (signal) => directory(0, signal),
    measure: async () => {}, // nobody knows before the end
  };
}
