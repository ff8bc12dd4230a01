import { readFileSync } from "node:fs";
import { KiB } from "@holdfast/base";
import type { Polynomial } from "./polynomial.ts";

/** Bytes in front of a position that decide, with the byte there, whether it is a cut. */
export const windowBytes = 64;
/** What one look takes; fits the processor's second-level cache. */
const regionBytes = 256 * KiB;
const pageBytes = 64 * KiB;

interface RabinExports {
  readonly BYTES_AT: WebAssembly.Global;
  setPolynomial(polynomial: bigint): void;
  nextCut(from: number, to: number): number;
}

/**
 * Finds where a polynomial allows a cut. Keeps nothing between calls, so one serves every file of a repository.
 */
export class Rabin {
  readonly #exports: RabinExports;
  readonly #memory: Uint8Array;
  readonly #bytesAt: number;

  constructor(polynomial: Polynomial) {
    const memory = new WebAssembly.Memory({ initial: regionBytes / pageBytes + 2 });
    const instance = new WebAssembly.Instance(compiled(), { env: { memory } });
    this.#exports = instance.exports as unknown as RabinExports;
    this.#memory = new Uint8Array(memory.buffer);
    this.#bytesAt = Number(this.#exports.BYTES_AT.value) + windowBytes;
    this.#exports.setPolynomial(BigInt.asUintN(64, polynomial));
  }

  /**
   * @param before the 63 bytes or more in front of `bytes[from]` that `bytes` does not hold itself
   * @returns the first offset in `bytes` after `from`, at most `to`, behind which a cut is allowed; or -1
   */
  nextCut(before: Uint8Array, bytes: Uint8Array, from: number, to: number): number {
    for (let start = from; start < to; start += regionBytes) {
      const end = Math.min(start + regionBytes, to);
      const context = Math.min(start, windowBytes - 1);
      const missing = windowBytes - 1 - context;
      this.#memory.set(before.subarray(before.byteLength - missing), this.#bytesAt - (windowBytes - 1));
      this.#memory.set(bytes.subarray(start - context, end), this.#bytesAt - context);
      const cut = this.#exports.nextCut(this.#bytesAt, this.#bytesAt + end - start);
      if (cut !== 0) return start + cut - this.#bytesAt;
    }
    return -1;
  }
}

let module: WebAssembly.Module | undefined;

/** Compiled once for the process. @see ../../build-wasm.ts */
function compiled(): WebAssembly.Module {
  module ??= new WebAssembly.Module(readFileSync(new URL("../../dist/rabin.wasm", import.meta.url)));
  return module;
}
