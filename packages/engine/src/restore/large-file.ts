import { closeSync } from "node:fs";
import { systemCodeOf } from "@holdfast/base";
import { TargetFile } from "./target-file.ts";

/**
 * A file that several jobs write, each some of its chunks. The planner opens it, and completes or discards it when the
 * last job is done with it: not before, since a handle that is closed under a thread may be another file's by then.
 */
export class LargeFile {
  readonly file: TargetFile;
  /** Where it belongs, when it is written under a temporary name. */
  readonly finalPath: Buffer | undefined;
  /** The file that is there, when some of its chunks are kept. */
  readonly keptFd: number | undefined;
  #isKeptOpen: boolean;
  #partsLeft = 1; // the planner itself, until all parts are planned
  #isFailed = false;

  /** @param options `keptFd` becomes its own, also when it throws @throws the system's error */
  constructor(path: Buffer, options: { finalPath: Buffer | undefined; keptFd: number | undefined }) {
    this.finalPath = options.finalPath;
    this.keptFd = options.keptFd;
    this.#isKeptOpen = options.keptFd !== undefined;
    try {
      this.file = new TargetFile(path);
    } catch (error) {
      this.#closeKept();
      throw error;
    }
  }

  get isFailed(): boolean {
    return this.#isFailed;
  }

  addPart(): void {
    this.#partsLeft += 1;
  }

  /** @returns true when nothing is left to be written, one way or the other */
  partDone(): boolean {
    this.#partsLeft -= 1;
    return this.#partsLeft === 0;
  }

  /** It will never be complete. @returns false when that was known */
  fail(): boolean {
    const isNews = !this.#isFailed;
    this.#isFailed = true;
    return isNews;
  }

  /** Gives it its final name. @param finish what is done with it before it is closed */
  complete(sizeBytes: number, finish: () => void): void {
    this.file.complete(sizeBytes);
    finish();
    this.#closeKept();
    this.file.close();
    if (this.finalPath !== undefined) this.file.moveTo(this.finalPath);
  }

  /** Leaves nothing of it behind, also when completing it failed half-way. */
  discard(): void {
    this.#closeKept();
    try {
      this.file.discard();
    } catch (error) {
      if (systemCodeOf(error) === undefined) throw error; // gone or out of reach, so nothing is left of it
    }
  }

  /** Once: closed a second time, the number may be another file's. */
  #closeKept(): void {
    if (this.#isKeptOpen) closeSync(this.keptFd!);
    this.#isKeptOpen = false;
  }
}
