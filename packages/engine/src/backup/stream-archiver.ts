import { MiB } from "@holdfast/base";
import { windowBytes as contextBytes } from "../chunker/rabin.ts";
import { StretchCutter } from "../chunker/stretch-cutter.ts";
import type { BlobId } from "../id.ts";
import type { Lanes } from "./lanes/lanes.ts";
import type { AddedBytes } from "./item.ts";
import type { SourceStream } from "./source.ts";
import { StretchBuffers } from "./stretch-buffers.ts";

const stretchBytes = 4 * MiB;
/** What one chunk may reach into, and one that is read meanwhile. */
const stretchesOfStream = 4;

/** Buffers for so many streams at once, with the help of so many lanes. */
export function stretchBuffers(streams: number, laneCount: number): StretchBuffers {
  return new StretchBuffers(contextBytes + stretchBytes, streams * stretchesOfStream + laneCount);
}

/** A stretch of the stream in memory that all threads see, until the chunks that reach into it are stored. */
interface Stretch {
  /** The 64 bytes in front of it, then the stretch. */
  readonly bytes: Uint8Array;
  readonly buffer: Uint8Array;
  /** Where it begins in the stream. */
  readonly at: number;
  readonly length: number;
  users: number;
}

export interface StreamContent {
  readonly content: readonly BlobId[];
  readonly sizeBytes: number;
  readonly added: AddedBytes;
}

/**
 * Stores one large file, or bytes that come from elsewhere, with the help of all lanes: one reads ahead, several look
 * for cuts and store chunks. Memory holds a few stretches, whatever the length.
 */
export class StreamArchiver {
  readonly #lanes: Lanes;
  readonly #buffers: StretchBuffers;
  readonly #onBytes: (bytes: number) => void;

  constructor(lanes: Lanes, buffers: StretchBuffers, onBytes: (bytes: number) => void) {
    this.#lanes = lanes;
    this.#buffers = buffers;
    this.#onBytes = onBytes;
  }

  /**
   * Reads to the end.
   * @param onReadFault is asked what reading threw; the rest of the file is given up
   * @throws what ends the work of the lanes
   * @returns undefined after a fault
   */
  async archive(stream: SourceStream, onReadFault: (error: unknown) => void): Promise<StreamContent | undefined> {
    const cutter = new StretchCutter();
    const storing: Promise<void>[] = [];
    const content: (readonly BlobId[])[] = [];
    const added = { plainBytes: 0, storedBytes: 0 };
    /** Stretches that hold the present chunk's beginning, and what follows. */
    const open: Stretch[] = [];

    const store = (cuts: readonly number[], from: number) => {
      const users = new Set<Stretch>();
      const chunks = cuts.map((cut, index) => {
        const start = cuts[index - 1] ?? from;
        return piecesOf(open, start, cut, users);
      });
      const number = content.push([]) - 1;
      for (const stretch of users) stretch.users += 1;
      const done = this.#lanes.run({ kind: "chunks", chunks }).then(({ answer }) => {
        content[number] = answer.map(({ id }) => id);
        for (const each of answer) {
          added.plainBytes += each.added.plainBytes;
          added.storedBytes += each.added.storedBytes;
        }
        for (const stretch of users) this.#leave(stretch);
      });
      done.catch(() => {}); // thrown again where all of them are awaited
      storing.push(done);
    };

    let sizeBytes = 0;
    let previous: Promise<void> = Promise.resolve();
    let isWhole = true;
    let last: Stretch | undefined;
    for (;;) {
      const buffer = await this.#buffers.take(() => Promise.race([previous, ...storing.slice(-1)]));
      buffer.set(last === undefined ? noContext : last.bytes.subarray(last.bytes.byteLength - contextBytes));
      let length: number;
      try {
        length = await fill(stream, buffer.subarray(contextBytes), this.#onBytes);
      } catch (error) {
        onReadFault(error);
        this.#buffers.giveBack(buffer);
        isWhole = false;
        break;
      }
      if (length === 0) {
        this.#buffers.giveBack(buffer);
        break;
      }
      const bytes = buffer.subarray(0, contextBytes + length);
      const stretch: Stretch = { bytes, buffer, at: sizeBytes, length, users: 1 };
      sizeBytes += length;
      last = stretch;
      const scan = this.#lanes.run({ kind: "scan", bytes, from: contextBytes });
      scan.catch(() => {}); // as above
      const before = previous;
      previous = (async () => {
        await before;
        const { answer } = await scan;
        open.push(stretch);
        const from = cutter.start;
        const shift = stretch.at - contextBytes;
        const cuts = cutter.next(
          answer.map((run) => ({ from: run.from + shift, to: run.to + shift })),
          length,
        );
        if (cuts.length > 0) store(cuts, from);
        while (open.length > 0 && open[0]!.at + open[0]!.length <= cutter.start) this.#leave(open.shift()!);
      })();
      previous.catch(() => {});
      if (length < stretchBytes) break;
    }
    await previous;
    if (isWhole && sizeBytes > cutter.start) store([sizeBytes], cutter.start);
    await Promise.all(storing);
    for (const stretch of open) this.#leave(stretch);
    return isWhole ? { content: content.flat(), sizeBytes, added } : undefined;
  }

  #leave(stretch: Stretch): void {
    stretch.users -= 1;
    if (stretch.users === 0) this.#buffers.giveBack(stretch.buffer);
  }
}

/** Where a stream begins. */
const noContext = new Uint8Array(contextBytes);

/** Reads until `into` is full or the stream ends. */
async function fill(stream: SourceStream, into: Uint8Array, onBytes: (bytes: number) => void): Promise<number> {
  let filled = 0;
  while (filled < into.byteLength) {
    const length = await stream.read(into.subarray(filled));
    if (length === 0) break;
    filled += length;
    onBytes(length);
  }
  return filled;
}

/** The bytes from `start` to `end` of the stream, as pieces of the stretches that hold them. */
function piecesOf(stretches: readonly Stretch[], start: number, end: number, users: Set<Stretch>): Uint8Array[] {
  const pieces: Uint8Array[] = [];
  for (const stretch of stretches) {
    const from = Math.max(start, stretch.at);
    const to = Math.min(end, stretch.at + stretch.length);
    if (from >= to) continue;
    users.add(stretch);
    pieces.push(stretch.bytes.subarray(contextBytes + from - stretch.at, contextBytes + to - stretch.at));
  }
  return pieces;
}
