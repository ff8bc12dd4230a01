import { HoldfastError, messageOf } from "@holdfast/base";
import type { TreeId } from "../id.ts";
import { treeOf } from "./lanes/entry-json.ts";
import type { Answered, Lanes } from "./lanes/lanes.ts";
import { LocalPlace } from "./lanes/local-place.ts";
import type { DirectoryTask, FilePlace, FoundDirectory, FoundStream } from "./lanes/tasks.ts";
import type { Repository } from "../repository/repository.ts";
import { nodeJson } from "../tree/tree-writer.ts";
import { ParentTrees } from "./parent-trees.ts";
import type { KnownTrees } from "./known-trees/known-trees.ts";
import type { TreeRows } from "./known-trees/tree-rows.ts";
import { Revisits, toBeListed } from "./revisits.ts";
import type { SourceDirectory, SourceDoor, SourceStream } from "./source.ts";
import type { DirectoryToStore, StoredDirectory } from "./stored-directory.ts";
import { StreamArchiver, stretchBuffers } from "./stream-archiver.ts";
import type { StretchBuffers } from "./stretch-buffers.ts";
import type { Tally } from "./tally.ts";
import { Turns } from "./turns.ts";

/** Large files that are read at once: a second one hides the first one's end. */
const streamsMax = 2;

export interface ArchiverParts {
  readonly repository: Repository;
  readonly lanes: Lanes;
  readonly laneCount: number;
  readonly door: SourceDoor | undefined;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  /** Trees that may be known by what their directories look like. */
  readonly knownTrees: KnownTrees | undefined;
  /** Takes down what directories look like. */
  readonly looks: TreeRows | undefined;
}

/**
 * Walks a source from the top and stores what it finds. The lanes do the work, a directory a task; here is known which
 * directories are left, and listings are put together once all that lies below them is stored. Nothing here names what
 * was stored: that is the snapshot's, later.
 */
export class Archiver {
  readonly #parts: ArchiverParts;
  readonly #parents: ParentTrees;
  readonly #revisits: Revisits | undefined;
  /** The last found goes first: then no more directories are open than lie above one another. */
  readonly #directoryTurns: Turns;
  readonly #streamTurns = new Turns(streamsMax);
  readonly #buffers: StretchBuffers;

  constructor(parts: ArchiverParts) {
    this.#parts = parts;
    this.#parents = new ParentTrees(parts.repository, parts.signal);
    this.#directoryTurns = new Turns(parts.lanes.tasksMax);
    this.#buffers = stretchBuffers(streamsMax, parts.laneCount);
    const { knownTrees } = parts;
    this.#revisits =
      knownTrees &&
      new Revisits({ ...parts, knownTrees, directoryTurns: this.#directoryTurns }, (directory, isListed) =>
        isListed ? this.#listed(directory) : this.#directory(directory),
      );
  }

  /**
   * Stores everything below `source`, comparing with the same directory in a parent snapshot.
   * @returns the tree of the top directory, queued but not flushed; undefined when nothing is in it
   * @throws the signal's reason, or what the repository throws; the lanes are to be closed then
   */
  async archive(source: SourceDirectory, parentTree: TreeId | undefined): Promise<TreeId | undefined> {
    const place = new LocalPlace(() => source);
    const top = await this.#listed({ place, path: "", parentTree, onOpened: () => {} });
    return top === undefined || top.entriesBelow === 0 ? undefined : top.tree;
  }

  /** @returns undefined when it is left out */
  async #directory(directory: DirectoryToStore): Promise<StoredDirectory | undefined> {
    const outcome = this.#revisits === undefined ? toBeListed : await this.#revisits.directory(directory);
    return outcome === toBeListed ? this.#listed(directory) : outcome;
  }

  /** @returns undefined when it is left out */
  async #listed(directory: DirectoryToStore): Promise<StoredDirectory | undefined> {
    const { clock } = this.#parts.repository.context;
    await this.#directoryTurns.take();
    const startedMs = clock.monotonicMs();
    let begun: Answered<"directory">;
    try {
      begun = await this.#begin(directory);
    } finally {
      this.#directoryTurns.giveBack();
    }
    directory.onOpened();
    const { answer, lane } = begun;
    const durationMs = () => clock.monotonicMs() - startedMs;
    if (answer.outcome === "left out") return undefined;
    if (answer.tree !== undefined) {
      const { id, added } = answer.tree;
      this.#note(id, answer.digest, answer.entries, []);
      return { tree: id, entriesBelow: answer.entries, durationMs: durationMs(), added };
    }
    const pieces = [...answer.pieces];
    let { entries } = answer;
    let entriesBelowChildren = 0;
    let isWhole = true;
    let unopened = answer.directories.length + answer.files.length + answer.streams.length;
    const onOpened = () => {
      unopened -= 1;
      if (unopened === 0 && answer.handle !== undefined) this.#parts.lanes.release(lane, answer.handle);
    };
    const put = (piece: number, json: Uint8Array | undefined) => {
      pieces[piece] = json ?? nothing;
      if (json === undefined) isWhole = false;
      else entries += 1;
    };
    const children: TreeId[] = [];
    const found = [
      ...answer.streams.map(async (stream) => put(stream.piece, await this.#stream(stream, onOpened))),
      ...answer.files.map((files) => this.#files(files, put, onOpened)),
      // From the last to the first, because the turns go to the last first.
      ...[...answer.directories.entries()].toReversed().map(async ([number, inner]) => {
        const stored = await this.#subdirectory(inner, onOpened);
        put(inner.piece, stored && Buffer.from(`${inner.head}${stored.tree}"}`));
        if (stored === undefined) return;
        children[number] = stored.tree;
        entriesBelowChildren += stored.entriesBelow;
      }),
    ];
    await Promise.all(found);
    const listing = treeOf(pieces as Uint8Array[]);
    const stored = await this.#parts.lanes.run({ kind: "tree", listing, path: directory.path });
    if (stored.answer === undefined) return undefined;
    const { id, added } = stored.answer;
    const entriesBelow = entries + entriesBelowChildren;
    if (isWhole) this.#note(id, answer.digest, entriesBelow, children);
    return { tree: id, entriesBelow, durationMs: durationMs(), added };
  }

  /** Takes down what the directory of a tree looks like, if that tells something. */
  #note(tree: TreeId, digest: string | undefined, entriesBelow: number, children: readonly TreeId[]): void {
    if (digest !== undefined) this.#parts.looks?.add({ tree, digest, entriesBelow, children });
  }

  /** Has a lane list it, with the parent snapshot's listing beside it. */
  async #begin({ place, path, parentTree }: DirectoryToStore): Promise<Answered<"directory">> {
    const { lanes, signal } = this.#parts;
    signal.throwIfAborted();
    const ask = (parent: DirectoryTask["parent"]) => lanes.run({ kind: "directory", place, path, parent });
    if (parentTree === undefined) return ask(undefined);
    const stored = await this.#storedParent(parentTree);
    const answered = stored === undefined ? undefined : await ask(stored);
    if (answered !== undefined && answered.answer.outcome !== "parent unreadable") return answered;
    return ask(await this.#parentListing(parentTree, path));
  }

  async #storedParent(tree: TreeId) {
    try {
      return await this.#parents.load(tree);
    } catch (error) {
      this.#parts.signal.throwIfAborted();
      if (!(error instanceof HoldfastError)) throw error;
      return undefined; // there may be another copy
    }
  }

  /** From whichever pack has it. A parent that cannot be read only costs reading the files again. */
  async #parentListing(tree: TreeId, path: string): Promise<Uint8Array | undefined> {
    const { repository, signal, tally } = this.#parts;
    try {
      return await repository.loadBlob("tree", tree, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof HoldfastError && error.kind === "damaged")) throw error;
      tally.problem({ path: path === "" ? "/" : path, code: error.code, message: messageOf(error) });
      return undefined;
    }
  }

  async #subdirectory(found: FoundDirectory, onOpened: () => void): Promise<StoredDirectory | undefined> {
    const { place, path, head, before } = found;
    const stored = await this.#directory({ place, path, parentTree: before?.tree, onOpened });
    if (stored === undefined) return undefined;
    const json = `${head}${stored.tree}"}`;
    const action = before === undefined ? "new" : before.json === json ? "unchanged" : "modified";
    this.#parts.tally.directory(action, { path: `${path}/`, durationMs: stored.durationMs, added: stored.added });
    return stored;
  }

  async #files(
    files: readonly FilePlace[],
    put: (piece: number, json: Uint8Array | undefined) => void,
    onOpened: () => void,
  ): Promise<void> {
    await this.#directoryTurns.take();
    try {
      const { answer } = await this.#parts.lanes.run({ kind: "files", files });
      for (const { piece, json } of answer) put(piece, json);
    } finally {
      this.#directoryTurns.giveBack();
    }
    onOpened();
  }

  /** @returns its entry; undefined when it could not be read to its end and is left out */
  async #stream(found: FoundStream, onOpened: () => void): Promise<Uint8Array | undefined> {
    const { lanes, repository, signal, tally } = this.#parts;
    const { path, before } = found;
    await this.#streamTurns.take();
    signal.throwIfAborted();
    const startedMs = repository.context.clock.monotonicMs();
    let stream: SourceStream | undefined;
    tally.fileBegins(path);
    try {
      try {
        stream = await this.#openStream(found.place);
      } catch (error) {
        tally.fault(path, error);
        return undefined;
      } finally {
        onOpened();
      }
      const archiver = new StreamArchiver(lanes, this.#buffers, (bytes) => tally.bytesRead(bytes));
      const done = await archiver.archive(stream, (error) => tally.fault(path, error));
      if (done === undefined) return undefined;
      const { content, sizeBytes, added } = done;
      if (stream.hasChanged()) tally.changedWhileRead(path);
      const json = nodeJson({ ...stream.node, size: BigInt(sizeBytes), content });
      const action = before === undefined ? "new" : before === json ? "unchanged" : "modified";
      const durationMs = repository.context.clock.monotonicMs() - startedMs;
      tally.file(action, sizeBytes, { path, durationMs, added });
      return Buffer.from(json);
    } finally {
      tally.fileEnds(path);
      stream?.close();
      this.#streamTurns.giveBack();
    }
  }

  #openStream(place: unknown): Promise<SourceStream> {
    if (place instanceof LocalPlace) return place.open();
    return this.#parts.door!.stream(place);
  }
}

/** In the place of an entry that is left out. */
const nothing = new Uint8Array(0);
