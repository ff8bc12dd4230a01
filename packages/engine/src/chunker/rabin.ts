import { readFileSync } from "node:fs";
import { KiB } from "@holdfast/base";
import type { Polynomial } from "./polynomial.ts";

/** Bytes in front of a position that decide, with the byte there, whether it is a cut. */
export const windowBytes = 64;
/** What one look takes: small, for a look that was for one cut goes to its end. */
const regionBytes = 64 * KiB;
const pageBytes = 64 * KiB;

interface RabinExports {
  readonly BYTES_AT: WebAssembly.Global;
  setPolynomial(polynomial: bigint): void;
  /** @returns not 0 when it marked any */
  markCuts(from: number, length: number, marks: number): number;
}

/** Offsets behind which a cut is allowed: all from `from` to `to`. */
export interface CutRun {
  readonly from: number;
  to: number;
}

/**
 * Finds where a polynomial allows a cut. Keeps nothing between calls, so one serves every file of a repository.
 */
export class Rabin {
  readonly #exports: RabinExports;
  readonly #memory: Uint8Array;
  readonly #bytesAt: number;
  /** A bit for each byte of a region. */
  readonly #marks: Uint32Array;
  #isMarked = false;

  constructor(polynomial: Polynomial) {
    const memory = new WebAssembly.Memory({ initial: regionBytes / pageBytes + 3 });
    const instance = new WebAssembly.Instance(compiled(), { env: { memory } });
    this.#exports = instance.exports as unknown as RabinExports;
    this.#memory = new Uint8Array(memory.buffer);
    this.#bytesAt = Number(this.#exports.BYTES_AT.value) + windowBytes;
    this.#marks = new Uint32Array(memory.buffer, memory.buffer.byteLength - regionBytes / 8, regionBytes / 32);
    this.#exports.setPolynomial(BigInt.asUintN(64, polynomial));
  }

  /**
   * @param before the 64 bytes or more in front of `bytes` that decide with its first bytes
   * @returns the first offset in `bytes` after `from`, at most `to`, behind which a cut is allowed; or -1
   */
  nextCut(before: Uint8Array, bytes: Uint8Array, from: number, to: number): number {
    for (let start = from; start < to; start += regionBytes) {
      if (!this.#look(before, bytes, start, Math.min(regionBytes, to - start))) continue;
      const index = this.#marks.findIndex((word) => word !== 0);
      return start + index * 32 + lowestBit(this.#marks[index]!) + 1;
    }
    return -1;
  }

  /**
   * All places where a cut is allowed, wherever the chunk may have begun.
   * @param from where to begin in `bytes`; the 64 bytes in front decide too, and are zero where the file begins
   * @returns runs of offsets in `bytes`, ascending; hardly more than one a megabyte, unless the bytes repeat
   */
  allCuts(bytes: Uint8Array, from: number): CutRun[] {
    const runs: CutRun[] = [];
    for (let start = from; start < bytes.byteLength; start += regionBytes) {
      if (this.#look(nothing, bytes, start, Math.min(regionBytes, bytes.byteLength - start)))
        this.#collect(start, runs);
    }
    return runs;
  }

  /** Marks the cuts in `length` bytes from `start`. @returns whether there is one */
  #look(before: Uint8Array, bytes: Uint8Array, start: number, length: number): boolean {
    const context = Math.min(start, windowBytes);
    const missing = windowBytes - context;
    this.#memory.set(before.subarray(before.byteLength - missing), this.#bytesAt - windowBytes);
    this.#memory.set(bytes.subarray(start - context, start + length), this.#bytesAt - context);
    if (this.#isMarked) this.#marks.fill(0);
    this.#isMarked = this.#exports.markCuts(this.#bytesAt, length, this.#marks.byteOffset) !== 0;
    return this.#isMarked;
  }

  #collect(start: number, runs: CutRun[]): void {
    const add = (from: number, to: number) => {
      const last = runs.at(-1);
      if (last !== undefined && last.to === from - 1) last.to = to;
      else runs.push({ from, to });
    };
    for (const [index, word] of this.#marks.entries()) {
      const at = start + index * 32 + 1;
      if (word === allMarks) add(at, at + 31);
      else for (let rest = word; rest !== 0; rest &= rest - 1) add(at + lowestBit(rest), at + lowestBit(rest));
    }
  }
}

const allMarks = 0xffff_ffff;

/** In front of a file. */
const nothing = new Uint8Array(windowBytes);

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}

let module: WebAssembly.Module | undefined;

/** Compiled once for the process. @see ../../build-wasm.ts */
function compiled(): WebAssembly.Module {
  module ??= new WebAssembly.Module(readFileSync(new URL("../../dist/rabin.wasm", import.meta.url)));
  return module;
}
