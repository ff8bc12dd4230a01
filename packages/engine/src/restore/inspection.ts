import { MiB } from "@holdfast/base";
import type { BlobId } from "../id.ts";
import type { ExpectedContent, InspectJob } from "./restore-job.ts";
import type { TargetDirectory } from "./target-tree.ts";

const bytesMax = 32 * MiB;
const filesMax = 200;
/** So that several threads compare one large file. */
const sliceBytes = 32 * MiB;

/** Hears which of a file's chunks are where they should be; undefined for a file that cannot be read. */
export type Inspected = (right: readonly boolean[] | undefined) => void;

interface Asked {
  readonly directory: TargetDirectory;
  readonly name: Buffer;
  readonly content: readonly BlobId[];
  /** Of the chunks, as far as they are known. */
  readonly lengths: readonly number[];
  readonly done: Inspected;
}

/** Gathers what the slices of one file have shown. */
class Verdict {
  readonly #right: boolean[];
  readonly #done: Inspected;
  #slicesLeft = 0;
  #isUnreadable = false;

  constructor({ content, done }: Asked) {
    this.#right = content.map(() => false);
    this.#done = done;
  }

  addSlice(): void {
    this.#slicesLeft += 1;
  }

  answer(from: number, right: readonly boolean[] | undefined): void {
    if (right === undefined) this.#isUnreadable = true;
    else for (const [at, isRight] of right.entries()) this.#right[from + at] = isRight;
    this.#slicesLeft -= 1;
    if (this.#slicesLeft === 0) this.#done(this.#isUnreadable ? undefined : this.#right);
  }
}

interface Slice {
  readonly file: ExpectedContent;
  /** Its first chunk. */
  readonly from: number;
  readonly verdict: Verdict;
}

/** Files that are there, to be compared with what should be in them by threads. */
export class Inspection {
  readonly #slices: Slice[] = [];
  readonly #directories = new Map<TargetDirectory, number>();
  #bytes = 0;

  get isEmpty(): boolean {
    return this.#slices.length === 0;
  }

  get isFull(): boolean {
    return this.#bytes >= bytesMax || this.#slices.length >= filesMax;
  }

  /** @param asked its directory held open by the caller until the answer */
  add(asked: Asked): void {
    const { content, lengths, name } = asked;
    const verdict = new Verdict(asked);
    const directory = this.#number(asked.directory);
    let [from, at] = [0, 0];
    do {
      let [to, bytes] = [from, 0];
      for (; to < lengths.length && bytes < sliceBytes; to += 1) bytes += lengths[to]!;
      const slice = { ids: content.slice(from, to), lengths: lengths.slice(from, to) };
      verdict.addSlice();
      this.#slices.push({ file: { directory, name: name.toString("latin1"), at, ...slice }, from, verdict });
      this.#bytes += bytes;
      [from, at] = [to, at + bytes];
    } while (from < lengths.length);
  }

  /** Jobs of about the same size. */
  jobs(): {
    readonly job: InspectJob;
    readonly answer: (right: readonly (readonly boolean[] | undefined)[]) => void;
  }[] {
    const directories = [...this.#directories.keys()].map((directory) => directory.prefix);
    const groups: Slice[][] = [];
    let bytes = sliceBytes;
    for (const slice of this.#slices) {
      if (bytes >= sliceBytes) {
        groups.push([]);
        bytes = 0;
      }
      groups.at(-1)!.push(slice);
      bytes += slice.file.lengths.reduce((sum, length) => sum + length, 0);
    }
    return groups.map((slices) => ({
      job: { do: "inspect", directories, files: slices.map(({ file }) => file) },
      answer: (right) => slices.forEach(({ verdict, from }, at) => verdict.answer(from, right[at])),
    }));
  }

  #number(directory: TargetDirectory): number {
    let number = this.#directories.get(directory);
    if (number === undefined) this.#directories.set(directory, (number = this.#directories.size));
    return number;
  }
}
