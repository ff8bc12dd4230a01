import { systemRandom, toHex } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { MasterKey } from "../crypto/master-key.ts";
import { newNonce, open, seal, sealOverheadBytes } from "../crypto/seal.ts";
import { idOf } from "../id.ts";
import { decodeBlob, encodeBlob, leadsBack, prepareBlob } from "./blob-encoding.ts";
import { compress } from "./compression.ts";

const random = seededRandom("blob encoding");
const key = MasterKey.generate(random);
const noise = random.bytes(100_000);
const text = Buffer.from("compressible ".repeat(5000));

test("every blob decodes to what it was, whatever its type and the repository's version", () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 2000 }),
      fc.constantFrom(1, 2),
      fc.constantFrom("data", "tree"),
      (plain, version, type) => {
        const { stored, uncompressedLength } = encodeBlob(key, newNonce(systemRandom), version, type, plain);
        expect(toHex(decodeBlob(key, idOf(plain), uncompressedLength, stored))).toBe(toHex(plain));
      },
    ),
    { seed: 12 },
  );
});

test("version 1 never compresses", () => {
  for (const type of ["data", "tree"] as const)
    expect(encodeBlob(key, newNonce(random), 1, type, text)).toMatchObject({
      uncompressedLength: 0,
      stored: { byteLength: text.byteLength + sealOverheadBytes },
    });
});

test("version 2 compresses what gets smaller, and stores noise as it is", () => {
  const small = encodeBlob(key, newNonce(random), 2, "data", text);
  expect(small.uncompressedLength).toBe(text.byteLength);
  expect(small.stored.byteLength).toBeLessThan(text.byteLength / 10);
  const raw = encodeBlob(key, newNonce(random), 2, "data", noise);
  expect(raw.uncompressedLength).toBe(0);
  expect(raw.stored.byteLength).toBe(noise.byteLength + sealOverheadBytes);
});

test("trees are compressed even where it does not gain, or restic's prune would store them anew every time", () => {
  const empty = Buffer.from('{"nodes":[]}\n');
  expect(encodeBlob(key, newNonce(random), 2, "tree", empty).uncompressedLength).toBe(13);
});

test("an empty blob is stored raw: uncompressed length 0 means just that", () => {
  const encoded = encodeBlob(key, newNonce(random), 2, "data", new Uint8Array(0));
  expect(encoded).toMatchObject({ uncompressedLength: 0, stored: { byteLength: sealOverheadBytes } });
});

test("the zstd frame carries its content's size, as restic's do", () => {
  const { stored } = encodeBlob(key, newNonce(random), 2, "data", text);
  const frame = Buffer.from(open(key, stored));
  expect(frame.readUInt32LE(0)).toBe(0xfd2fb528);
  const descriptor = frame[4]!;
  expect(descriptor >> 5).not.toBe(0); // content size flag or single segment
  expect(descriptor & 4).toBe(0); // no checksum
});

test("a blob under another's name, or with a false length, is refused", () => {
  const { stored, uncompressedLength } = encodeBlob(key, newNonce(random), 2, "data", text);
  expect(() => decodeBlob(key, idOf(noise), uncompressedLength, stored)).toThrow(/hash/);
  expect(() => decodeBlob(key, idOf(text), uncompressedLength + 1, stored)).toThrow(/bytes instead of/);
  expect(() => decodeBlob(key, idOf(text), uncompressedLength - 1, stored)).toThrow();
  expect(() => decodeBlob(key, idOf(text), 0, stored)).toThrow(/hash/);
});

test("what was made of a blob leads back to it, and to no other: no bit of it may flip", () => {
  for (const plain of [text.subarray(0, 300), noise.subarray(0, 100), new Uint8Array(0)]) {
    const { bytes, uncompressedLength } = prepareBlob(2, "data", plain);
    const isCompressed = uncompressedLength > 0;
    const prepared = { bytes: isCompressed ? bytes.slice() : plain, uncompressedLength };
    const stored = seal(key, newNonce(random), prepared.bytes);
    expect(leadsBack(key, stored, prepared, plain)).toBe(true);
    const cipherText = stored.subarray(16, -16); // nonce and tag are checked when the pack is full
    for (const damaged of isCompressed ? [cipherText, prepared.bytes, plain] : [cipherText]) {
      for (let bit = 0; bit < damaged.byteLength * 8; bit += 1) {
        damaged[bit >> 3]! ^= 1 << (bit & 7);
        expect(leadsBack(key, stored, prepared, plain), `bit ${bit}`).toBe(false);
        damaged[bit >> 3]! ^= 1 << (bit & 7);
      }
    }
  }
});

test("a frame that unpacks to far more than the index says stops early", () => {
  const bomb = compress(new Uint8Array(200_000_000));
  const stored = seal(key, newNonce(random), bomb);
  const before = process.memoryUsage().arrayBuffers;
  expect(() => decodeBlob(key, idOf(text), 1000, stored)).toThrow();
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
});
