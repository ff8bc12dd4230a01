import type { HoldfastError } from "@holdfast/base";
import type { TreeId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import type { Names } from "../restore/walk-tree.ts";
import { blobsPerFile, filesByContents } from "./by-contents.ts";
import { rawData } from "./raw-data.ts";
import { restoreSize } from "./restore-size.ts";

export type StatsMode = "restore-size" | "files-by-contents" | "blobs-per-file" | "raw-data";

/** What a count found. What a mode does not count is 0. */
export interface Stats {
  readonly totalBytes: number;
  readonly files: number;
  readonly blobs: number;
  /** For "raw-data" in a repository that knows compression: what would be stored without it, and how it did. */
  readonly compression: CompressionStats | undefined;
}

export interface CompressionStats {
  readonly uncompressedBytes: number;
  /** Of the compressed blobs: bytes before over bytes after; 0 where nothing is compressed. */
  readonly ratio: number;
  /** How much of what could be compressed is, in percent of the uncompressed bytes. */
  readonly progressPercent: number;
  readonly spaceSavingPercent: number;
}

export interface StatsOptions {
  /** Hears of each directory that cannot be read; what is in it is not counted. */
  readonly onFault: (names: Names, error: HoldfastError) => void;
}

/**
 * Counts what snapshots hold, in one of four ways. Each tree is read once, however many snapshots have it.
 * "restore-size": bytes that restoring each of them takes, hard links once. "files-by-contents": files that differ in
 * content. "blobs-per-file": blobs, again for each path that has them. "raw-data": blobs as they are stored.
 * @param roots the snapshots' top trees, in order; one that comes twice counts twice where snapshots are counted
 */
export function countStats(
  repository: Repository,
  roots: readonly TreeId[],
  mode: StatsMode,
  options: StatsOptions,
  signal?: AbortSignal,
): Promise<Stats> {
  switch (mode) {
    case "restore-size":
      return restoreSize(repository, roots, options, signal);
    case "files-by-contents":
      return filesByContents(repository, roots, options, signal);
    case "blobs-per-file":
      return blobsPerFile(repository, roots, options, signal);
    case "raw-data":
      return rawData(repository, roots, options, signal);
  }
}
