import { createCipheriv } from "node:crypto";
import { describe, expect, test } from "vitest";
import { KiB, MiB } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import { Chunker, rabinFor } from "./chunker.ts";
import { StretchCutter } from "./stretch-cutter.ts";

const polynomial = 0x3da3358b4dc173n;
const seed = "stretches 1";

function keystream(sizeBytes: number): Buffer {
  return createCipheriv("aes-256-ctr", Buffer.alloc(32), Buffer.alloc(16)).update(Buffer.alloc(sizeBytes));
}

function wholeCuts(bytes: Uint8Array): number[] {
  const chunker = new Chunker(polynomial);
  chunker.reset();
  return chunker.feed(bytes);
}

/** The cuts found in stretches of the given lengths, each looked at on its own. */
function stretchCuts(bytes: Uint8Array, lengths: () => number): number[] {
  const cutter = new StretchCutter();
  const cuts: number[] = [];
  for (let at = 0; at < bytes.byteLength;) {
    const length = Math.min(lengths(), bytes.byteLength - at);
    const contextBytes = Math.min(at, 64);
    const found = rabinFor(polynomial).allCuts(bytes.subarray(at - contextBytes, at + length), contextBytes);
    const runs = found.map(({ from, to }) => ({ from: from + at - contextBytes, to: to + at - contextBytes }));
    cuts.push(...cutter.next(runs, length));
    at += length;
  }
  return cuts;
}

describe(`a file that is cut in stretches (seed ${seed})`, () => {
  const random = seededRandom(seed);
  const anyLength = () => 1 + (new DataView(random.bytes(4).buffer).getUint32(0) % (3 * MiB));
  const ofZeros = Buffer.alloc(20 * MiB);
  const patched = Buffer.concat([keystream(9 * MiB), Buffer.alloc(5 * MiB + 17), keystream(7 * MiB + 3)]);
  const periodic = Buffer.alloc(18 * MiB, "0123456789abcdef");

  test.each([
    ["random bytes", keystream(24 * MiB)],
    ["zeros", ofZeros],
    ["zeros between random bytes", patched],
    ["bytes that repeat", periodic],
    ["less than a chunk", keystream(100)],
    ["exactly the least chunk", Buffer.alloc(512 * KiB)],
  ])("is cut where one look at the whole would cut it: %s", (_, bytes) => {
    const expected = wholeCuts(bytes);
    expect(stretchCuts(bytes, () => 8 * MiB)).toEqual(expected);
    expect(stretchCuts(bytes, anyLength)).toEqual(expected);
  });
});
