import type { SourceDirectory, SourceFile } from "../source.ts";
import { chunkBytesMax, rabinFor } from "../../chunker/chunker.ts";
import type { CutRun } from "../../chunker/rabin.ts";
import { archiveDirectory } from "./archive-directory.ts";
import type { FullPack } from "../../repository/blob-packer.ts";
import type { Lane } from "./lane.ts";
import { readFile } from "./read-file.ts";
import { revisitDirectory } from "./revisit-directory.ts";
import type { ChunkDone, ChunksTask, FilesDone, FilesTask, LaneAnswers, LaneTask } from "./tasks.ts";

/** How the thread that a lane runs in reaches what a task names. */
export interface LanePlaces {
  directory(place: unknown): SourceDirectory;
  file(place: unknown): SourceFile;
  /** Keeps a directory open until its number is released. */
  keep(directory: SourceDirectory): number;
}

/** Does one task. Yields packs that became full, and undefined whenever others may have their turn. */
export function runTask<Kind extends LaneTask["kind"]>(
  lane: Lane,
  places: LanePlaces,
  task: LaneTask & { kind: Kind },
): Generator<FullPack | undefined, LaneAnswers[Kind]>;
export function runTask(
  lane: Lane,
  places: LanePlaces,
  task: LaneTask,
): Generator<FullPack | undefined, LaneAnswers[LaneTask["kind"]]> {
  switch (task.kind) {
    case "directory":
      return archiveDirectory(
        lane,
        () => places.directory(task.place),
        task,
        (directory) => places.keep(directory),
      );
    case "revisit":
      return revisitDirectory(
        lane,
        () => places.directory(task.place),
        task,
        (directory) => places.keep(directory),
      );
    case "files":
      return archiveFiles(lane, places, task);
    case "tree":
      return lane.saveTree(task.listing, task.path);
    case "chunks":
      return saveChunks(lane, task);
    case "scan":
      return scan(lane, task.bytes, task.from);
  }
}

function* archiveFiles(lane: Lane, places: LanePlaces, task: FilesTask): Generator<FullPack | undefined, FilesDone> {
  const done: { piece: number; json: Uint8Array | undefined }[] = [];
  for (const { piece, place, path, before } of task.files) {
    const json = yield* readFile(lane, () => places.file(place), path, before);
    done.push({ piece, json: json === undefined ? undefined : Buffer.from(json) });
  }
  return done;
}

function* saveChunks(lane: Lane, { chunks }: ChunksTask): Generator<FullPack | undefined, readonly ChunkDone[]> {
  const done: ChunkDone[] = [];
  for (const pieces of chunks) {
    const added = { plainBytes: 0, storedBytes: 0 };
    const plain = pieces.length === 1 ? pieces[0]! : joined(pieces);
    done.push({ id: yield* lane.save("data", plain, added), added });
    yield undefined;
  }
  return done;
}

let scratch = new Uint8Array(0);

/** The pieces one after the other, in memory that the next chunk uses again. */
function joined(pieces: readonly Uint8Array[]): Uint8Array {
  const length = pieces.reduce((sum, piece) => sum + piece.byteLength, 0);
  if (scratch.byteLength < length) scratch = new Uint8Array(chunkBytesMax);
  let at = 0;
  for (const piece of pieces) {
    scratch.set(piece, at);
    at += piece.byteLength;
  }
  return scratch.subarray(0, length);
}

function* scan(lane: Lane, bytes: Uint8Array, from: number): Generator<undefined, readonly CutRun[]> {
  const cuts = rabinFor(lane.settings.chunkerPolynomial).allCuts(bytes, from);
  yield undefined;
  return cuts;
}
