import { MiB } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { idFromBytes } from "../id.ts";
import {
  packBytes,
  packBytesMin,
  parseHeaderLength,
  parsePackHeader,
  serialisePackHeader,
  type PackedBlob,
} from "./pack-header.ts";

const random = seededRandom("pack header");

function blobsOf(
  entries: readonly { type: "data" | "tree"; length: number; uncompressedLength: number }[],
): PackedBlob[] {
  let offset = 0;
  return entries.map((entry) => {
    const blob = { ...entry, id: idFromBytes(random.bytes(32)), offset };
    offset += entry.length;
    return blob;
  });
}

test("a header reads back as it was written, for any blobs", () => {
  const entry = fc.record({
    type: fc.constantFrom("data" as const, "tree" as const),
    length: fc.integer({ min: 32, max: 128 * MiB }),
    uncompressedLength: fc.oneof(fc.constant(0), fc.integer({ min: 1, max: 128 * MiB })),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 30 }), (entries) => {
      const blobs = blobsOf(entries);
      expect(parsePackHeader(serialisePackHeader(blobs))).toEqual(blobs);
    }),
    { seed: 5 },
  );
});

test("entries have the sizes and type bytes of the format", () => {
  const blobs = blobsOf([
    { type: "data", length: 32, uncompressedLength: 0 },
    { type: "tree", length: 33, uncompressedLength: 0 },
    { type: "data", length: 34, uncompressedLength: 7 },
    { type: "tree", length: 35, uncompressedLength: 8 },
  ]);
  const header = serialisePackHeader(blobs);
  expect(header.byteLength).toBe(37 + 37 + 41 + 41);
  expect([0, 37, 74, 115].map((at) => header[at])).toEqual([0, 1, 2, 3]);
  expect([...header.subarray(75, 83)]).toEqual([34, 0, 0, 0, 7, 0, 0, 0]);
  expect(packBytes(blobs)).toBe(32 + 33 + 34 + 35 + header.byteLength + 32 + 4);
});

test("what is no header is refused", () => {
  const [blob] = blobsOf([{ type: "data", length: 100, uncompressedLength: 50 }]);
  const header = Buffer.from(serialisePackHeader([blob!]));
  const changed = (at: number, byte: number) => {
    const copy = Buffer.from(header);
    copy[at] = byte;
    return copy;
  };
  expect(() => parsePackHeader(changed(0, 4))).toThrow(/unknown type/);
  expect(() => parsePackHeader(changed(1, 31))).toThrow(/impossible length/);
  expect(() => parsePackHeader(changed(5, 0))).toThrow(/impossible length/); // compressed, and unpacks to nothing
  expect(() => parsePackHeader(changed(8, 0x80))).toThrow(/impossible length/); // unpacks to two gigabytes
  expect(() => parsePackHeader(header.subarray(0, -1))).toThrow(/cut short/);
});

test.each([
  ["shorter than a seal", 31, 1000],
  ["longer than the pack", 997, 1000],
  ["longer than any header", 16 * MiB + 1, 100 * MiB],
  ["in a pack too small to be one", 32, packBytesMin - 1],
])("a header %s is refused", (_, length, sizeBytes) => {
  const tail = Buffer.alloc(10);
  tail.writeUInt32LE(length, 6);
  expect(() => parseHeaderLength(tail, sizeBytes)).toThrow();
});
