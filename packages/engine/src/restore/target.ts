import type { BigIntStats } from "node:fs";
import { HoldfastError, MiB, assert, isFailure, systemCodeOf } from "@holdfast/base";
import { engineErrors } from "../errors.ts";
import { native } from "../filesystem/native.ts";
import type { BlobId } from "../id.ts";
import { displayPath } from "../tree/name-quoting.ts";
import type { TreeNode } from "../tree/node.ts";
import { Batch, type Plan, type PlannedChunk } from "./batch.ts";
import { BatchRunner, type PlannedEntry } from "./batch-runner.ts";
import { planFile, planMetadata, planOther } from "./entry-plan.ts";
import { verificationFailed } from "./entry-writer.ts";
import { FirstName } from "./first-name.ts";
import { freeTemporaryPath, linkOver, remove, statIn } from "./in-the-way.ts";
import { InFlight } from "./in-flight.ts";
import { Inspection, type Inspected } from "./inspection.ts";
import { LargeFile } from "./large-file.ts";
import { metadataOf, MetadataWriter, type WithheldMetadata } from "./metadata.ts";
import type { TargetParts } from "./target-parts.ts";
import { looksUnchanged, openExisting } from "./target-file.ts";
import { TargetTree, type TargetDirectory } from "./target-tree.ts";
import type { Names, TreeStep } from "./walk-tree.ts";

/** Above this a file is written by several jobs. */
const largeFileBytes = 8 * MiB;
/** Further names whose file is still under way: each holds a directory open. */
const linksWaitingMax = 200;

/** The whole target, not one entry of it, is at its end. Node.js has no name for EDQUOT, a quota that is used up. */
const targetIsFull = new Set(["ENOSPC", "EROFS", "EDQUOT", "Unknown system error -122"]);

/** What a file will be written as. */
interface FilePlan {
  readonly names: Names;
  readonly node: TreeNode;
  readonly directory: TargetDirectory;
  /** A regular file is there, which the new one replaces; which of the chunks it has already. */
  readonly replaced: { readonly right: readonly boolean[] } | undefined;
  readonly first: FirstName | undefined;
}

/** What the planner remembers of an entry while it is being written. */
interface Note extends PlannedEntry, Pick<FilePlan, "names" | "node" | "directory" | "first"> {
  readonly isUpdate: boolean;
  /** The file of which it is a part. */
  readonly large?: LargeFile;
  readonly counts: () => void;
}

/**
 * Plans what is done below one directory, in the order of the snapshot's tree, and has it done in batches by the crew.
 * Directories are held by their handles and entered one component at a time, so no name and no symlink, whether from the
 * snapshot or put there meanwhile, leads outside. What goes wrong with one entry is reported and the rest goes on.
 *
 * Nothing that exists is written into. A file in the way is replaced once the new one is complete, which takes the space
 * of both for a while; one whose content is there already stays.
 *
 * @see docs/adr/0013-restore-writes-whole-files-in-threads.md
 */
export class Target {
  readonly #parts: TargetParts;
  readonly #metadata: MetadataWriter;
  readonly #tree: TargetTree;
  readonly #flights: InFlight;
  readonly #runner: BatchRunner<Note>;
  /** The first restored name of each file that has several. */
  readonly #firstNames = new Map<string, FirstName>();
  readonly #largeFiles = new Map<LargeFile, Note>();
  /** What became possible by the answer to a job, to be done in the planner's own turn. */
  readonly #ready: (() => Promise<void> | void)[] = [];
  #batch = new Batch<Note>();
  #inspection: Inspection;
  #linksWaiting = 0;

  constructor(parts: TargetParts) {
    this.#parts = parts;
    this.#metadata = new MetadataWriter(parts.attributes);
    this.#flights = new InFlight(Math.max(2, 2 * parts.crew.threads));
    this.#inspection = new Inspection();
    const { withheld } = this.#metadata;
    const settle = (note: Note, isThere: boolean, failure: Error | undefined) => this.#settle(note, isThere, failure);
    this.#runner = new BatchRunner({ ...parts, withheld, settle });
    this.#tree = new TargetTree({
      top: parts.top,
      metadata: this.#metadata,
      ownerOf: parts.ownerOf,
      isDryRun: parts.isDryRun,
      beforeRemoval: () => this.#refuseIfKept(),
      onFault: (names, error) => this.#fault(names, error),
      onEntered: ({ names }) => {
        parts.tally.counts.directories += 1;
        parts.onItem({ action: "restored", names, type: "dir", sizeBytes: 0 });
      },
    });
  }

  get withheld(): Readonly<WithheldMetadata> {
    return this.#metadata.withheld;
  }

  /** Where the walk is. */
  get innermost(): TargetDirectory {
    return this.#tree.innermost;
  }

  /**
   * Takes one step of the walk; what it needs may be done later.
   * @throws the signal's reason, ENGINE_TARGET_FULL, what the storage throws when it is not damage; every other failure
   *   is a problem in the list
   */
  async take({ kind, names, node }: TreeStep): Promise<void> {
    this.#parts.signal.throwIfAborted();
    if (kind === "enter") {
      this.#tree.push(names, node);
      if (this.#parts.isSelected(names, node)) this.#tree.current();
    } else if (kind === "leave") {
      this.#parts.onLeave(this.#tree.innermost);
      this.#tree.pop();
    } else
      await this.#attempt(names, () => (node.type === "file" ? this.#file(names, node) : this.#other(names, node)));
    await this.#keepUp();
  }

  /** Everything taken is done when this resolves. @throws as `take` */
  async finish(): Promise<void> {
    this.#parts.onLeave(this.#tree.innermost);
    do {
      this.#parts.signal.throwIfAborted();
      await this.#flush();
      await this.#flights.drained();
    } while (this.#ready.length > 0 || !this.#batch.isEmpty || !this.#inspection.isEmpty);
    assert(this.#largeFiles.size === 0 && this.#linksWaiting === 0, "everything that was planned was done");
  }

  /** Lets go of everything; a file that is not finished is removed. */
  async close(): Promise<void> {
    await this.#flights.settled();
    for (const large of this.#largeFiles.keys()) large.discard();
    this.#tree.close();
  }

  async #keepUp(): Promise<void> {
    this.#flights.throwIfFailed();
    for (let next = this.#ready.shift(); next !== undefined; next = this.#ready.shift()) {
      await next();
      if (this.#batch.isFull) await this.#dispatch();
    }
    if (this.#batch.isFull) await this.#dispatch();
    if (this.#inspection.isFull) await this.#dispatchInspection();
    if (this.#linksWaiting <= linksWaitingMax) return;
    await this.#flush();
    await this.#flights.drained();
  }

  async #flush(): Promise<void> {
    for (let next = this.#ready.shift(); next !== undefined; next = this.#ready.shift()) await next();
    if (!this.#batch.isEmpty) await this.#dispatch();
    if (!this.#inspection.isEmpty) await this.#dispatchInspection();
  }

  // Entries

  async #other(names: Names, node: TreeNode): Promise<void> {
    if (node.type === "socket") return; // means nothing without the program that listened
    if (node.type !== "symlink" && native === undefined) return; // said once for all, see withoutNativeStatement
    const plan = planOther(node, this.#parts.ownerOf);
    if (plan === undefined)
      throw new HoldfastError(engineErrors.entryRefused, `${displayPath(names)} is of a kind that cannot be restored.`);
    const directory = this.#tree.current();
    if (directory === undefined) return;
    const existing = statIn(directory, node.name);
    if (existing !== undefined && !this.#mayReplace(existing, node)) {
      this.#parts.tally.counts.filesSkipped += 1;
      return;
    }
    const create = (first: FirstName | undefined) => {
      if (this.#parts.isDryRun) return this.#dryDone("restored", names, node, "others", first);
      const inTheWay = statIn(directory, node.name);
      if (inTheWay !== undefined) remove(directory.anchor!.pathOf(node.name), inTheWay);
      const counts = () => (this.#parts.tally.counts.others += 1);
      this.#add({ names, node, directory, first, isUpdate: false, chunks: [], plan, counts });
    };
    await this.#linkOrCreate(names, node, directory, create);
  }

  async #file(names: Names, node: TreeNode): Promise<void> {
    const { tally } = this.#parts;
    tally.file(names);
    const directory = this.#tree.current();
    if (directory === undefined) return;
    const existing = statIn(directory, node.name);
    if (existing !== undefined && !this.#mayReplace(existing, node)) {
      tally.counts.filesSkipped += 1;
      tally.counts.bytesSkipped += Number(node.size);
      return;
    }
    await this.#linkOrCreate(names, node, directory, (first) =>
      this.#createFile(names, node, directory, existing, first),
    );
  }

  async #createFile(
    names: Names,
    node: TreeNode,
    directory: TargetDirectory,
    existing: BigIntStats | undefined,
    first: FirstName | undefined,
  ): Promise<void> {
    const plan = { names, node, directory, replaced: undefined, first };
    if (existing === undefined) return this.#write(plan);
    if (!existing.isFile()) {
      if (!this.#parts.isDryRun) remove(directory.anchor!.pathOf(node.name), existing);
      return this.#write(plan);
    }
    // A further name of it may lie anywhere, and what it names must not get this file's metadata.
    const belongsHere = existing.nlink === (node.links > 1n ? node.links : 1n) && existing.size === node.size;
    if (belongsHere && this.#parts.overwrite === "if-changed" && looksUnchanged(existing, node))
      return this.#keep(plan);
    const content = node.content ?? [];
    const isHopeless = existing.size === 0n || (content.length < 2 && existing.size !== node.size);
    if (content.length > 0 && isHopeless) return this.#write({ ...plan, replaced: { right: [] } });
    this.#inspect(plan, (right) => {
      if (belongsHere && right?.every((isRight) => isRight) === true) return this.#keep(plan);
      return this.#write({ ...plan, replaced: { right: right ?? [] } });
    });
  }

  /** The content is there already: only metadata is written. */
  #keep({ names, node, directory, first }: FilePlan): void {
    const { counts } = this.#parts.tally;
    counts.files += 1;
    counts.filesUnchanged += 1;
    counts.bytesUnchanged += Number(node.size);
    this.#parts.onItem({ action: "unchanged", names, type: node.type, sizeBytes: Number(node.size) });
    if (this.#parts.isDryRun) return first?.settle(true);
    const plan = planMetadata(node, this.#parts.ownerOf);
    this.#add({ names, node, directory, first, isUpdate: false, chunks: [], plan, counts: () => {} });
  }

  async #write(file: FilePlan): Promise<void> {
    const { names, node, directory, replaced, first } = file;
    const chunks: PlannedChunk[] = [];
    let plainBytes = 0;
    for (const [at, id] of (node.content ?? []).entries()) {
      const length = this.#parts.plainLength(id);
      if (length === undefined) return this.#tellUnknown(file, id);
      chunks.push({ id, length, isKept: replaced?.right[at] ?? false });
      plainBytes += length;
    }
    const isUpdate = replaced !== undefined;
    if (this.#parts.isDryRun) {
      this.#parts.tally.counts.bytesWritten += plainBytes;
      return this.#dryDone(isUpdate ? "updated" : "restored", names, node, "files", first);
    }
    if (plainBytes > largeFileBytes) return this.#writeLarge(file, chunks);
    const counts = () => {
      this.#parts.tally.counts.files += 1;
      this.#parts.tally.wrote(plainBytes);
    };
    const plan = planFile(node, this.#parts.ownerOf, isUpdate);
    this.#add({ names, node, directory, first, isUpdate, chunks, plan, counts });
  }

  async #writeLarge({ names, node, directory, replaced, first }: FilePlan, chunks: PlannedChunk[]): Promise<void> {
    const finalPath = directory.anchor!.pathOf(node.name);
    const isUpdate = replaced !== undefined;
    const keptFd = chunks.some(({ isKept }) => isKept) ? openExisting(finalPath) : undefined;
    const path = isUpdate ? freeTemporaryPath(directory, node.name) : finalPath;
    const large = new LargeFile(path, { finalPath: isUpdate ? finalPath : undefined, keptFd });
    const note = (plan: Plan, part: readonly PlannedChunk[], bytes: number): Note => {
      const counts = () => this.#parts.tally.wrote(bytes);
      return { names, node, directory, first, isUpdate, chunks: part, plan, large, counts };
    };
    if (!this.#parts.isSparse) large.file.reserve(chunks.reduce((sum, { length }) => sum + length, 0));
    this.#largeFiles.set(large, note({ kind: "part", fd: large.file.fd, at: 0, keptFd }, [], 0));
    directory.hold();
    let at = 0;
    for (let from = 0; from < chunks.length && !large.isFailed;) {
      let [to, bytes] = [from, 0];
      for (; to < chunks.length && bytes < partBytes; to += 1) bytes += chunks[to]!.length;
      large.addPart();
      this.#add(note({ kind: "part", fd: large.file.fd, at, keptFd }, chunks.slice(from, to), bytes));
      [from, at] = [to, at + bytes];
      if (this.#batch.isFull) await this.#dispatch();
      this.#parts.signal.throwIfAborted();
    }
    if (large.partDone()) this.#endLarge(large);
  }

  #endLarge(large: LargeFile): void {
    const { names, node, directory, first, isUpdate } = this.#largeFiles.get(large)!;
    this.#largeFiles.delete(large);
    const sizeBytes = (node.content ?? []).reduce((sum, id) => sum + (this.#parts.plainLength(id) ?? 0), 0);
    let isDone = false;
    if (large.isFailed) large.discard();
    else {
      try {
        large.complete(sizeBytes, () => this.#writeLargeMetadata(large, names, node));
        isDone = true;
        this.#parts.tally.counts.files += 1;
        this.#told(names, node, isUpdate);
      } catch (error) {
        large.discard();
        this.#fault(names, error);
      }
    }
    first?.settle(isDone);
    if (isDone && this.#parts.isVerified) {
      const plan = { names, node, directory, replaced: undefined, first: undefined };
      this.#inspect(plan, (right) => {
        if (right?.every((isRight) => isRight) !== true) this.#fault(names, verificationFailed());
      });
    }
    this.#tree.release(directory);
  }

  #writeLargeMetadata({ file }: LargeFile, names: Names, node: TreeNode): void {
    try {
      const habits = { uid: -1, gid: -1, hasAttributes: true }; // nothing known: all of it is written
      this.#metadata.writeToNewFile(file.fd, file.path, metadataOf(node, this.#parts.ownerOf), habits);
    } catch (error) {
      this.#fault(names, error); // the content is good all the same
    }
  }

  // Jobs

  #add(note: Note): void {
    note.directory.hold();
    this.#batch.add(note.plan, note.directory, note.chunks, note);
  }

  async #dispatch(): Promise<void> {
    const batch = this.#batch;
    this.#batch = new Batch();
    await this.#flights.start(() => this.#runner.carryOut(batch));
  }

  /** @param isThere what was planned is there, with or without a failure */
  #settle(note: Note, isThere: boolean, failure: Error | undefined): void {
    const { names, node, directory, large, first, isUpdate } = note;
    if (isThere) note.counts();
    if (large === undefined) {
      if (failure !== undefined) this.#fault(names, failure);
      if (isThere && note.plan.kind !== "metadata") this.#told(names, node, isUpdate);
      first?.settle(isThere);
    } else {
      if (!isThere && large.fail()) this.#fault(names, failure);
      if (large.partDone()) this.#endLarge(large);
    }
    this.#tree.release(directory);
  }

  #told(names: Names, node: TreeNode, isUpdate: boolean): void {
    const action = isUpdate ? "updated" : "restored";
    this.#parts.onItem({ action, names, type: node.type, sizeBytes: Number(node.size) });
  }

  #dryDone(
    action: "restored" | "updated",
    names: Names,
    node: TreeNode,
    counted: "files" | "others",
    first: FirstName | undefined,
  ): void {
    this.#parts.tally.counts[counted] += 1;
    this.#parts.onItem({ action, names, type: node.type, sizeBytes: Number(node.size) });
    first?.settle(true);
  }

  /** Asks a thread which of a file's chunks are in the file that is there. */
  #inspect(plan: FilePlan, use: (right: readonly boolean[] | undefined) => Promise<void> | void): void {
    const { node, directory, names } = plan;
    const content = node.content ?? [];
    const lengths: number[] = [];
    for (const id of content) {
      const length = this.#parts.plainLength(id);
      if (length === undefined) break;
      lengths.push(length);
    }
    directory.hold();
    const done: Inspected = (right) => this.#later(names, directory, async () => use(right), plan.first);
    this.#inspection.add({ directory, name: node.name, content, lengths, done });
  }

  async #dispatchInspection(): Promise<void> {
    const inspection = this.#inspection;
    this.#inspection = new Inspection();
    for (const { job, answer } of inspection.jobs())
      await this.#flights.start(async () => answer((await this.#parts.crew.run(job)).right));
  }

  // Hard links

  /** Makes a further name for a file that is restored already, or else the file. */
  async #linkOrCreate(
    names: Names,
    node: TreeNode,
    directory: TargetDirectory,
    create: (first: FirstName | undefined) => Promise<void> | void,
  ): Promise<void> {
    if (node.links <= 1n) return create(undefined);
    const identity = `${node.deviceId}:${node.inode}`;
    const known = this.#firstNames.get(identity);
    if (known === undefined) {
      const first = new FirstName(names);
      this.#firstNames.set(identity, first);
      return this.#attempt(names, async () => create(first), first);
    }
    this.#linksWaiting += 1;
    directory.hold(); // until it is known
    known.whenSettled((isThere) => {
      this.#linksWaiting -= 1;
      this.#later(names, directory, async () => {
        if (isThere) return this.#link(known.names, names, node, directory) ? undefined : create(undefined);
        if (this.#firstNames.get(identity) === known) this.#firstNames.delete(identity);
        return this.#linkOrCreate(names, node, directory, create);
      });
    });
  }

  /** Does a piece of an entry's work in the planner's next turn; its directory is held until then. */
  #later(names: Names, directory: TargetDirectory, work: () => Promise<void>, first?: FirstName): void {
    this.#ready.push(async () => {
      await this.#attempt(names, work, first);
      this.#tree.release(directory);
    });
  }

  /** @returns false when the file system refuses, which is reported: then it gets content of its own */
  #link(first: Names, names: Names, node: TreeNode, directory: TargetDirectory): boolean {
    try {
      if (!this.#parts.isDryRun)
        this.#tree.reach(first, (source) => linkOver(source, directory, node.name, statIn(directory, node.name)));
    } catch (error) {
      this.#fault(names, error);
      return false;
    }
    this.#parts.tally.counts.hardLinks += 1;
    this.#parts.onItem({ action: "restored", names, type: "file", sizeBytes: 0 });
    return true;
  }

  // What is in the way

  #mayReplace(existing: BigIntStats, node: TreeNode): boolean {
    const { overwrite } = this.#parts;
    if (overwrite === "never") return false;
    return overwrite !== "if-newer" || node.mtime.ns > existing.mtimeNs;
  }

  #refuseIfKept(): void {
    const { overwrite } = this.#parts;
    if (overwrite === "always" || overwrite === "if-changed") return;
    throw new HoldfastError(
      engineErrors.targetFailed,
      "Something else is where the directory belongs, and overwriting it was not asked for.",
    );
  }

  // Failures

  /** A chunk that no index knows is one that cannot be had; asking for it gives the reason. */
  async #tellUnknown({ names, first }: FilePlan, id: BlobId): Promise<void> {
    const reason = await this.#parts.fetcher.fetchPlain(id, this.#parts.signal);
    if (!(reason instanceof Uint8Array)) this.#fault(names, reason);
    first?.settle(false);
  }

  /** Does one entry's work; what the system or the repository objects to is that entry's problem. */
  async #attempt(names: Names, work: () => Promise<void>, first?: FirstName): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.#parts.signal.throwIfAborted();
      const isOurs = error instanceof HoldfastError;
      // The storage, or the target as a whole.
      if (isOurs && error.kind !== "damaged" && !isFailure(error, engineErrors.targetFailed)) throw error;
      this.#fault(names, error);
      first?.settle(false);
    }
  }

  #fault(names: Names, error: unknown): void {
    if (targetIsFull.has(systemCodeOf(error) ?? "")) {
      throw new HoldfastError(engineErrors.targetFull, `The target is full or read-only at ${displayPath(names)}.`, {
        cause: error,
      });
    }
    this.#parts.problems.addFault(names, error, "targetFailed");
    this.#parts.tally.fault();
  }
}

const partBytes = 4 * MiB;
