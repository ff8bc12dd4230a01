import { describe, expect, test } from "vitest";
import { KiB, MiB } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import { directAesCtr, nodeAesCtr } from "./aes-ctr.ts";
import { directZstd, nodeZstd, type Zstd } from "./zstd.ts";

const seed = "native 1";
const text = Buffer.from("All happy families are alike; ".repeat(100_000));

test("this machine's Node.js can be called directly", () => {
  // Where this fails everything still works, several times slower for small files; docs/adr/0014.
  expect({ zstd: directZstd !== undefined, aes: directAesCtr !== undefined }).toEqual({ zstd: true, aes: true });
});

describe.each([
  ["directly", directZstd!, nodeZstd],
  ["through Node.js", nodeZstd, directZstd!],
])(`zstd called %s (seed ${seed})`, (_, ours: Zstd, other: Zstd) => {
  const random = seededRandom(seed);
  const samples = [Buffer.alloc(0), text.subarray(0, 1), text.subarray(0, 5000), text, random.bytes(300 * KiB)];

  test.each([1, 3, 12])("writes what the other reads, at level %i", (level) => {
    for (const plain of samples) {
      const into = Buffer.alloc(plain.byteLength + 64 * KiB);
      const length = ours.compress(plain, level, into)!;
      const back = Buffer.alloc(plain.byteLength);
      expect(other.decompress(into.subarray(0, length), back)).toBe(plain.byteLength);
      expect(back.equals(plain)).toBe(true);
    }
  });

  test("says when a frame does not fit, and can be used again", () => {
    expect(ours.compress(samples[4]!, 3, Buffer.alloc(1000))).toBe(undefined);
    expect(ours.compress(text, 3, Buffer.alloc(MiB))).toBeLessThan(text.byteLength / 100);
  });

  test("refuses a frame that holds more than there is room for, that is cut short, or that is none", () => {
    const frame = Buffer.alloc(MiB);
    const length = ours.compress(text, 3, frame)!;
    expect(() => ours.decompress(frame.subarray(0, length), Buffer.alloc(text.byteLength - 1))).toThrow();
    expect(() => ours.decompress(frame.subarray(0, length - 1), Buffer.alloc(text.byteLength))).toThrow();
    expect(() => ours.decompress(text, Buffer.alloc(text.byteLength))).toThrow();
    const back = Buffer.alloc(text.byteLength);
    expect(ours.decompress(frame.subarray(0, length), back)).toBe(text.byteLength);
  });
});

test(`AES is the same however it is called, for any length and carry of the counter (seed ${seed})`, () => {
  const random = seededRandom(seed);
  const key = random.bytes(32);
  const [direct, node] = [directAesCtr!(key), nodeAesCtr(key)];
  for (const nonce of [random.bytes(16), new Uint8Array(16).fill(255)]) {
    for (const length of [0, 1, 15, 16, 17, 4096, 100_001]) {
      const plain = random.bytes(length);
      const [left, right] = [Buffer.alloc(length), Buffer.alloc(length)];
      direct.apply(nonce, plain, left);
      node.apply(nonce, plain, right);
      expect(left.equals(right)).toBe(true);
      direct.apply(nonce, left, left);
      expect(left.equals(plain)).toBe(true);
    }
  }
});

test(`what is encrypted leads to its plain text and to no other (seed ${seed})`, () => {
  const random = seededRandom(seed);
  const key = random.bytes(32);
  const nonce = random.bytes(16);
  for (const aes of [directAesCtr!(key), nodeAesCtr(key)]) {
    for (const length of [0, 1, 64 * KiB, 64 * KiB + 1, 200_001]) {
      const plain = Buffer.from(random.bytes(length));
      const sealed = Buffer.alloc(length);
      aes.apply(nonce, plain, sealed);
      expect(aes.leadsTo(nonce, sealed, plain)).toBe(true);
      expect(aes.leadsTo(nonce, sealed, Buffer.concat([plain, Buffer.alloc(1)]))).toBe(false);
      for (const at of new Set([0, length >> 1, length - 1].filter((place) => place >= 0 && place < length))) {
        plain[at]! ^= 0x40;
        expect(aes.leadsTo(nonce, sealed, plain), `${length} bytes, the one at ${at}`).toBe(false);
        plain[at]! ^= 0x40;
      }
    }
  }
});
