import { MiB } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { MasterKey } from "../crypto/master-key.ts";
import { newNonce } from "../crypto/seal.ts";
import { idOf } from "../id.ts";
import { decodeBlob, encodeBlob, prepareBlob } from "./blob-encoding.ts";
import { packBytes, type PackedBlob } from "./pack-header.ts";
import { PackWriter, packBytesTarget, type FinishedPack } from "./pack-writer.ts";
import { readPack } from "./pack-reading.ts";

const random = seededRandom("pack writer");
const key = MasterKey.generate(random);

function packOf(plains: readonly Uint8Array[], target = packBytesTarget): FinishedPack {
  const writer = new PackWriter("data", target);
  for (const plain of plains) writer.add(idOf(plain), encodeBlob(key, newNonce(random), 2, "data", plain));
  return writer.finish(key, random, true);
}

async function read(pack: FinishedPack, bytes: Uint8Array, indexed: readonly PackedBlob[] = pack.blobs, piece = 1000) {
  async function* pieces() {
    for (let at = 0; at < bytes.byteLength; at += piece) yield bytes.subarray(at, at + piece);
  }
  return readPack(key, pack.id, indexed, pieces());
}

const plains = [5000, 0, 1, 20_000, 3000].map((length) => random.bytes(length));
const pack = packOf(plains);

test("a pack is named by its hash, has the size its blobs say, and gives each of them back", () => {
  expect(idOf(pack.bytes)).toBe(pack.id);
  expect(pack.bytes.byteLength).toBe(packBytes(pack.blobs));
  for (const [position, blob] of pack.blobs.entries()) {
    const stored = pack.bytes.subarray(blob.offset, blob.offset + blob.length);
    expect(Buffer.from(decodeBlob(key, blob.id, blob.uncompressedLength, stored))).toEqual(
      Buffer.from(plains[position]!),
    );
  }
});

test("a pack is full at its target and holds what goes beyond", () => {
  const writer = new PackWriter("data", MiB);
  for (let blobs = 0; !writer.isFull; blobs += 1) {
    const plain = random.bytes(300_000);
    writer.add(idOf(plain), encodeBlob(key, newNonce(random), 2, "data", plain));
  }
  const full = writer.finish(key, random, true);
  expect(full.blobs).toHaveLength(4);
});

test("a blob larger than the room that was set aside still fits", async () => {
  const large = packOf([random.bytes(20 * MiB), random.bytes(10)], MiB);
  expect(await read(large, large.bytes, large.blobs, MiB)).toMatchObject({ findings: [], brokenBlobs: [] });
});

test("memory that went bad between encrypting and storing is noticed, and nothing is stored", () => {
  const writer = new PackWriter("data", MiB);
  const plain = random.bytes(1000);
  const encoded = encodeBlob(key, newNonce(random), 2, "data", plain);
  encoded.stored[500]! ^= 8;
  writer.add(idOf(plain), encoded);
  expect(() => writer.finish(key, random, true)).toThrow(
    expect.objectContaining({ code: "ENGINE_VERIFICATION_FAILED" }),
  );
});

test("a blob that changes while it is compressed and encrypted is noticed at once", () => {
  const plain = Buffer.from("some text ".repeat(100));
  const prepared = prepareBlob(2, "data", plain);
  const id = idOf(plain);
  plain[700]! ^= 1;
  const writer = new PackWriter("data", MiB);
  expect(() => writer.seal(id, prepared, key, newNonce(random), plain)).toThrow(
    expect.objectContaining({ code: "ENGINE_VERIFICATION_FAILED" }),
  );
});

describe("reading a pack", () => {
  test.each([1, 7, 1000, 1_000_000])("finds nothing wrong with a good one, in pieces of %i bytes", async (piece) => {
    expect(await read(pack, pack.bytes, pack.blobs, piece)).toEqual({
      findings: [],
      brokenBlobs: [],
      bytesRead: pack.bytes.byteLength,
    });
  });

  test("names the blob whose bit flipped, and only that", async () => {
    for (const blob of pack.blobs) {
      const flipped = Buffer.from(pack.bytes);
      flipped[blob.offset + blob.length - 1]! ^= 1;
      const reading = await read(pack, flipped);
      expect(reading.brokenBlobs).toEqual([blob]);
      expect(reading.findings).toHaveLength(2); // the blob, and the hash of the file
    }
  });

  test("notices every flipped bit of the header and its length", async () => {
    const last = pack.blobs.at(-1)!;
    for (let at = last.offset + last.length; at < pack.bytes.byteLength; at += 1) {
      const flipped = Buffer.from(pack.bytes);
      flipped[at]! ^= 1 << (at % 8);
      const reading = await read(pack, flipped);
      expect(reading.findings).toHaveLength(2);
      expect(reading.brokenBlobs).toEqual([]);
    }
  });

  test("notices every shortening", async () => {
    for (let length = 0; length < pack.bytes.byteLength; length += 997) {
      const reading = await read(pack, pack.bytes.subarray(0, length));
      const lost = pack.blobs.filter((blob) => blob.offset + blob.length > length);
      expect(reading.brokenBlobs).toEqual(lost);
      expect(reading.findings.length).toBeGreaterThan(0);
    }
  });

  test("notices bytes that were added", async () => {
    const longer = Buffer.concat([pack.bytes, Buffer.alloc(1)]);
    expect((await read(pack, longer)).findings.length).toBeGreaterThan(0);
  });

  test("notices an index that leaves a blob out", async () => {
    const reading = await read(pack, pack.bytes, pack.blobs.slice(1));
    expect(reading.findings.some((finding) => finding.includes("No blob of the index covers"))).toBe(true);
  });

  test("notices an index that lets blobs overlap", async () => {
    const overlapping = pack.blobs.map((blob, position) => (position === 3 ? { ...blob, offset: 10 } : blob));
    const reading = await read(pack, pack.bytes, overlapping);
    expect(reading.brokenBlobs.map((blob) => blob.id)).toEqual([pack.blobs[3]!.id]);
  });

  test("survives an index that is nonsense", async () => {
    const nonsense = { ...pack.blobs[0]!, offset: 2 ** 32 - 1, length: 2 ** 32 - 1 };
    expect((await read(pack, pack.bytes, [nonsense])).brokenBlobs).toEqual([nonsense]);
    expect((await read(pack, pack.bytes, [])).findings.length).toBeGreaterThan(0);
  });
});
