import { closeSync, lstatSync, readlinkSync, type BigIntStats } from "node:fs";
import { createHash, type Hash } from "node:crypto";
import { resolve } from "node:path";
import { equalBytes, systemCodeOf, type HoldfastError } from "@holdfast/base";
import { AnchoredDirectory } from "../filesystem/anchored-directory.ts";
import { nodeTypeOf } from "../filesystem/describe-file.ts";
import type { SnapshotId } from "../id.ts";
import type { Repository } from "../repository/repository.ts";
import { loadSnapshot } from "../snapshot/snapshot-store.ts";
import { permissionsOf } from "../tree/mode.ts";
import { displayPath } from "../tree/name-quoting.ts";
import type { TreeNode } from "../tree/node.ts";
import { checkContent, openExisting } from "./target-file.ts";
import { walkTree, type Names } from "./walk-tree.ts";

/** What is not as it was: "missing", or a part of an entry that differs, or a part of the snapshot nobody can read. */
export const differenceKinds = [
  "missing",
  "type",
  "size",
  "content",
  "mode",
  "mtime",
  "linkTarget",
  "unreadable",
] as const;
export type DifferenceKind = (typeof differenceKinds)[number];

export interface Difference {
  /** As text for people. */
  readonly path: string;
  readonly kind: DifferenceKind;
}

export interface Comparison {
  readonly files: number;
  readonly directories: number;
  readonly others: number;
  /** Bytes of file content that were read back. */
  readonly bytes: number;
  readonly differences: { readonly count: number; readonly first: readonly Difference[] };
  /**
   * SHA-256, hex, over what was found in the target, in the order of the snapshot: for each entry the length of its path
   * in four bytes (big endian), the path's bytes with "/" between names, its type and a zero byte, and for files the
   * SHA-256 of the bytes at the place of each chunk, for symlinks that of the target. The same snapshot restored unharmed gives
   * the same hash anywhere.
   */
  readonly rootHash: string;
}

export interface ComparisonProgress {
  readonly filesDone: number;
  readonly bytesDone: number;
}

const differencesKeptMax = 1000;
const reportEveryMs = 100;

/**
 * Reads a restored snapshot back from disk and compares it with what the backup recorded: content by the hashes that the
 * chunks had when they were read from the source, and type, size, mode, modification time and link target of every
 * entry. Nothing from the repository but its listings is used, so restoring and comparing have no step in common.
 *
 * @param targetDir where the whole snapshot was restored to
 * @param onProgress called ten times a second at most, and at the end
 * @throws the signal's reason, ENGINE_SNAPSHOT_MISSING, and what the storage throws when it is not damage
 */
export async function compareRestored(
  repository: Repository,
  snapshotId: SnapshotId,
  targetDir: string,
  onProgress: (progress: ComparisonProgress) => void = () => {},
  signal: AbortSignal = new AbortController().signal,
): Promise<Comparison> {
  const snapshot = await loadSnapshot(repository, snapshotId, signal);
  await repository.loadIndex(signal);
  const comparer = new Comparer(repository, resolve(targetDir), onProgress, signal);
  try {
    const onFault = (names: Names, _error: HoldfastError) => comparer.differs(names, "unreadable");
    for await (const step of walkTree(repository, snapshot.tree, { onFault }, signal)) {
      if (step.kind === "leave") comparer.leave();
      else await comparer.entry(step.names, step.node);
    }
    return comparer.result();
  } finally {
    comparer.close();
  }
}

class Comparer {
  readonly #repository: Repository;
  readonly #signal: AbortSignal;
  readonly #onProgress: (progress: ComparisonProgress) => void;
  readonly #hash: Hash = createHash("sha256");
  readonly #first: Difference[] = [];
  readonly #counts = { files: 0, directories: 0, others: 0, bytes: 0 };
  /** The directories from the target's top down; undefined where one is missing. */
  readonly #levels: (AnchoredDirectory | undefined)[];
  #differences = 0;
  #reportedMs = Number.NEGATIVE_INFINITY;

  constructor(
    repository: Repository,
    targetDir: string,
    onProgress: (progress: ComparisonProgress) => void,
    signal: AbortSignal,
  ) {
    this.#repository = repository;
    this.#onProgress = onProgress;
    this.#signal = signal;
    this.#levels = [AnchoredDirectory.open(Buffer.from(targetDir))];
  }

  async entry(names: Names, node: TreeNode): Promise<void> {
    if (node.type === "socket") return; // never restored
    const directory = this.#levels.at(-1);
    const path = directory?.pathOf(node.name);
    const stats = path && statOf(path);
    this.#hashEntry(names, stats === undefined ? "missing" : nodeTypeOf(stats));
    if (stats === undefined) this.differs(names, "missing");
    else if (nodeTypeOf(stats) !== node.type) this.differs(names, "type");
    else this.#compareMetadata(names, node, stats);
    const isThere = stats !== undefined && nodeTypeOf(stats) === node.type;
    if (node.type === "dir") {
      this.#counts.directories += 1;
      this.#levels.push(isThere ? this.#enter(names, directory!) : undefined);
    } else if (node.type === "file") {
      this.#counts.files += 1;
      if (isThere) await this.#compareContent(names, node, path!, stats);
      this.#report();
    } else {
      this.#counts.others += 1;
      if (isThere && node.type === "symlink") this.#compareLink(names, node, path!);
    }
  }

  leave(): void {
    this.#levels.pop()?.close();
  }

  close(): void {
    for (const level of this.#levels.splice(0)) level?.close();
  }

  differs(names: Names, kind: DifferenceKind): void {
    this.#differences += 1;
    if (this.#first.length < differencesKeptMax) this.#first.push({ path: displayPath(names), kind });
  }

  result(): Comparison {
    this.#reportedMs = Number.NEGATIVE_INFINITY;
    this.#report();
    return {
      ...this.#counts,
      differences: { count: this.#differences, first: this.#first },
      rootHash: this.#hash.digest("hex"),
    };
  }

  #report(): void {
    const nowMs = this.#repository.context.clock.monotonicMs();
    if (nowMs - this.#reportedMs < reportEveryMs) return;
    this.#reportedMs = nowMs;
    this.#onProgress({ filesDone: this.#counts.files, bytesDone: this.#counts.bytes });
  }

  #enter(names: Names, directory: AnchoredDirectory): AnchoredDirectory | undefined {
    try {
      return directory.enter(names.at(-1)!);
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error;
      this.differs(names, "unreadable");
      return undefined;
    }
  }

  #compareMetadata(names: Names, node: TreeNode, stats: BigIntStats): void {
    const mode = Number(stats.mode) & 0o7777;
    if (node.type !== "symlink" && mode !== permissionsOf(node.mode)) this.differs(names, "mode");
    if (stats.mtimeNs !== node.mtime.ns) this.differs(names, "mtime");
  }

  async #compareContent(names: Names, node: TreeNode, path: Buffer, stats: BigIntStats): Promise<void> {
    const content = node.content ?? [];
    const lengths = content.map((id) => this.#repository.plainLength("data", id));
    const known = lengths.filter((length) => length !== undefined);
    // Where the repository no longer knows a chunk, nobody can say what should be there.
    if (known.length < content.length) return this.differs(names, "unreadable");
    if (stats.size !== node.size) this.differs(names, "size");
    let fd: number | undefined;
    try {
      fd = openExisting(path);
      if (fd === undefined) return this.differs(names, "type");
      const { isSame, digests } = await checkContent(fd, content, known, this.#signal);
      this.#counts.bytes += Number(stats.size);
      for (const digest of digests) this.#hash.update(digest);
      if (!isSame && stats.size === node.size) this.differs(names, "content");
    } catch (error) {
      this.#signal.throwIfAborted();
      if (systemCodeOf(error) === undefined) throw error;
      this.differs(names, "unreadable");
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
  }

  #compareLink(names: Names, node: TreeNode, path: Buffer): void {
    const target = readlinkSync(path, { encoding: "buffer" });
    this.#hash.update(createHash("sha256").update(target).digest());
    if (!equalBytes(target, node.linkTarget)) this.differs(names, "linkTarget");
  }

  #hashEntry(names: Names, type: string): void {
    const path = Buffer.concat(names.flatMap((name, at) => (at === 0 ? [name] : [Buffer.from("/"), name])));
    const length = Buffer.alloc(4);
    length.writeUInt32BE(path.length);
    this.#hash.update(length).update(path).update(`${type}\0`);
  }
}

function statOf(path: Buffer): BigIntStats | undefined {
  try {
    return lstatSync(path, { bigint: true, throwIfNoEntry: false });
  } catch {
    return undefined; // what cannot be looked at is as good as missing
  }
}
