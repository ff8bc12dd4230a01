import { createCipheriv } from "node:crypto";
import { MiB, toHex } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { idOf, sha256 } from "../id.ts";
import { Chunker, chunkBytesMax, chunkBytesMin } from "./chunker.ts";
import { chunks } from "./chunks-fixture.ts";

/** 24 MiB of AES-256-CTR key stream with zero key and counter: anybody can make the same bytes. */
const stream = createCipheriv("aes-256-ctr", new Uint8Array(32), new Uint8Array(16)).update(new Uint8Array(24 * MiB));
const polynomial = 0x3da3358b4dc173n;

function lengthsOf(bytes: Uint8Array, pieces: Iterable<number>, withPolynomial = polynomial): number[] {
  const chunker = new Chunker(withPolynomial);
  const cuts: number[] = [];
  let at = 0;
  for (const length of pieces) {
    const piece = bytes.subarray(at, at + length);
    for (const cut of chunker.feed(piece)) cuts.push(at + cut);
    at += piece.byteLength;
  }
  for (const cut of chunker.feed(bytes.subarray(at))) cuts.push(at + cut);
  if (cuts.at(-1) !== bytes.byteLength) cuts.push(bytes.byteLength);
  return cuts.map((cut, index) => cut - (cuts[index - 1] ?? 0));
}

const expected = [
  551133, 640712, 2766582, 898583, 2782732, 2263350, 531615, 1191198, 3039727, 3056265, 6102139, 872917, 468871,
];

describe("files are cut where restic cuts them", () => {
  test("the key stream is the one that was measured", () => {
    expect(idOf(stream)).toBe("62deda80b022b9d2d66c87afa2601213ee987dcc0d8a3968b17c2dbca618e40c");
  });

  test("polynomial 3da3358b4dc173, lengths and ids", async () => {
    expect(lengthsOf(stream, [])).toEqual(expected);
    const ids = await Array.fromAsync(chunks([stream], polynomial), (chunk) => toHex(sha256(chunk)).slice(0, 16));
    expect(ids.join(" ")).toBe(
      "3ce030d97b29f48d 074630d6b7216556 a89379ee810e0b92 2a4a7a1c8e43abee 691f4c7c442a3d1a cb9cbc8f9fe34b2a " +
        "d7545cf76e2dd78f c8f0bc8854e554d0 618b3ab416c6c9d0 885e8b56714e299b 50df04d908c2a4c8 1a5ccfc7fea84456 " +
        "c0f1e14527e3d43e",
    );
  });

  // Both cut by the restic binary itself.
  test.each([
    [
      0x37b2718821893dn,
      [
        1020083, 1761808, 1039991, 1434361, 1253532, 1147426, 994413, 1499584, 1810932, 973153, 627154, 1026036,
        3576826, 1681554, 620846, 1091114, 1704078, 675452, 1227481,
      ],
    ],
    [
      0x383ff9d4ee5e3dn,
      [
        3156287, 3725589, 1049995, 3954663, 1233200, 612720, 2615799, 753851, 608277, 2377219, 544743, 1083448, 3422788,
        27245,
      ],
    ],
  ])("polynomial %s", (other, lengths) => {
    expect(lengthsOf(stream, [], other)).toEqual(lengths);
  });
});

describe("how the reads are sized changes nothing", () => {
  test.each([1000, 4096, 65_537, 262_144, 1_000_000])("pieces of %i bytes", (length) => {
    expect(
      lengthsOf(
        stream,
        Array.from({ length: Math.ceil(stream.byteLength / length) }, () => length),
      ),
    ).toEqual(expected);
  });

  test("random pieces, some empty, some of one byte (seed 99)", () => {
    const random = seededRandom(99);
    const pieces = Array.from({ length: 2000 }, () => random.pick([0, 1, 2, 62, 63, 64, 65, random.below(200_000)]));
    expect(lengthsOf(stream, pieces)).toEqual(expected);
  });

  test("single bytes around a cut", () => {
    const first = expected[0]!;
    const pieces = [first - 100, ...Array.from({ length: 200 }, () => 1)];
    expect(lengthsOf(stream.subarray(0, 2 * MiB), pieces)).toEqual(lengthsOf(stream.subarray(0, 2 * MiB), []));
  });
});

test("zeros are cut at the minimum, so a sparse file is one chunk many times over", async () => {
  const found = await Array.fromAsync(chunks([new Uint8Array(2 * MiB + 5)], polynomial));
  expect(found.map((chunk) => chunk.byteLength)).toEqual([
    chunkBytesMin,
    chunkBytesMin,
    chunkBytesMin,
    chunkBytesMin,
    5,
  ]);
  expect(idOf(found[0]!)).toBe("07854d2fef297a06ba81685e660c332de36d5d18d546927d30daad6d7fda1541");
});

test("a chunk without a cut in it ends at the maximum", () => {
  // Ones only: the digest of the window is the same everywhere, and not one that allows a cut.
  expect(lengthsOf(new Uint8Array(17 * MiB).fill(1), [])).toEqual([chunkBytesMax, chunkBytesMax, MiB]);
});

test.each([1, 63, 64, chunkBytesMin - 1, chunkBytesMin])("a file of %i bytes is one chunk", async (length) => {
  const found = await Array.fromAsync(chunks([stream.subarray(0, length)], polynomial));
  expect(found.map((chunk) => chunk.byteLength)).toEqual([length]);
});

test("an empty file has no chunks", async () => {
  expect(await Array.fromAsync(chunks([], polynomial))).toEqual([]);
  expect(await Array.fromAsync(chunks([new Uint8Array(0)], polynomial))).toEqual([]);
});

test("a chunker that was reset cuts the next file as a new one would", () => {
  const chunker = new Chunker(polynomial);
  chunker.feed(stream.subarray(0, 777_777));
  chunker.reset();
  expect(chunker.feed(stream)[0]).toBe(expected[0]);
});

test("a reader may use its buffer again for the next piece", async () => {
  const buffer = Buffer.alloc(100_000);
  function* reusing() {
    for (let at = 0; at < 4 * MiB; at += buffer.byteLength)
      yield buffer.subarray(0, stream.copy(buffer, 0, at, Math.min(at + buffer.byteLength, 4 * MiB)));
  }
  const reused = await Array.fromAsync(chunks(reusing(), polynomial), (chunk) => idOf(chunk));
  const whole = await Array.fromAsync(chunks([stream.subarray(0, 4 * MiB)], polynomial), (chunk) => idOf(chunk));
  expect(reused).toEqual(whole);
});

test("a reader that fails gives no partial chunk", async () => {
  const failure = new Error("the disk is gone");
  async function* failing() {
    yield stream.subarray(0, 600_000);
    throw failure;
  }
  const seen: number[] = [];
  const reading = async () => {
    for await (const chunk of chunks(failing(), polynomial)) seen.push(chunk.byteLength);
  };
  await expect(reading()).rejects.toBe(failure);
  expect(seen).toEqual([expected[0]]);
});
