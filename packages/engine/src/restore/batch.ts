import { MiB } from "@holdfast/base";
import type { BlobId } from "../id.ts";
import type { ChunkSource, WriteEntry, WriteJob } from "./restore-job.ts";
import type { FetchedSegments } from "./segment-fetcher.ts";
import type { TargetDirectory } from "./target-tree.ts";

/** A thread should have some milliseconds to do, and what it works on must fit in memory several times over. */
const plainBytesMax = 4 * MiB;
const entriesMax = 400;
/** Each is an open handle until the batch is written. */
const directoriesMax = 100;

/** A chunk as the planner knows it. */
export interface PlannedChunk {
  readonly id: BlobId;
  readonly length: number;
  /** The file that is there has it already. */
  readonly isKept: boolean;
}

/** What an entry is before it is known where in the batch its directory and its chunks stand. */
export type Plan = WriteEntry extends infer Each
  ? Each extends WriteEntry
    ? Omit<Each, "directory" | "chunks"> & { readonly kind: Each["kind"] }
    : never
  : never;

/** Entries that will be written in one go, with what the planner wants to remember of each. */
export class Batch<Note> {
  readonly notes: Note[] = [];
  readonly #entries: WriteEntry[] = [];
  readonly #directories = new Map<TargetDirectory, number>();
  readonly #ids: BlobId[] = [];
  readonly #chunks: (number | Extract<ChunkSource, { is: "kept" }>)[] = [];
  readonly #chunkOf = new Map<BlobId, number>();
  #plainBytes = 0;

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  get isFull(): boolean {
    return (
      this.#plainBytes >= plainBytesMax ||
      this.#entries.length >= entriesMax ||
      this.#directories.size >= directoriesMax
    );
  }

  /** Every chunk that must be fetched, once. */
  get ids(): readonly BlobId[] {
    return this.#ids;
  }

  /** @param directory held open by the caller until the batch is written */
  add(plan: Plan, directory: TargetDirectory, chunks: readonly PlannedChunk[], note: Note): void {
    let number = this.#directories.get(directory);
    if (number === undefined) this.#directories.set(directory, (number = this.#directories.size));
    this.#entries.push({ ...plan, directory: number, chunks: chunks.map((chunk) => this.#chunk(chunk)) } as WriteEntry);
    this.notes.push(note);
  }

  /** The job, with what was fetched for `ids`. */
  job({ segments, sources }: FetchedSegments): WriteJob {
    return {
      do: "write",
      directories: [...this.#directories.keys()].map((directory) => directory.prefix),
      entries: this.#entries,
      chunks: this.#chunks.map((chunk) => (typeof chunk === "number" ? sources[chunk]! : chunk)),
      segments,
    };
  }

  #chunk({ id, length, isKept }: PlannedChunk): number {
    this.#plainBytes += length;
    if (isKept) return this.#chunks.push({ is: "kept", id, length }) - 1;
    let chunk = this.#chunkOf.get(id);
    if (chunk === undefined) {
      chunk = this.#chunks.push(this.#ids.push(id) - 1) - 1;
      this.#chunkOf.set(id, chunk);
    }
    return chunk;
  }
}
