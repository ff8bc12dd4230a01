import { toHex } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { MasterKey } from "../crypto/master-key.ts";
import { newNonce, open, seal } from "../crypto/seal.ts";
import { compress } from "../pack/compression.ts";
import { decodeUnpacked, encodeUnpacked, unpackedReadsBack } from "./unpacked-file.ts";

const random = seededRandom("unpacked");
const key = MasterKey.generate(random);
const json = Buffer.from(`{"packs":[${'"x",'.repeat(1000)}1]}`);

test.each([1, 2] as const)("version %i reads back", (version) => {
  const stored = encodeUnpacked(key, newNonce(random), version, json);
  expect(toHex(decodeUnpacked(key, stored))).toBe(toHex(json));
  expect(unpackedReadsBack(key, stored, json)).toBe(true);
  expect(unpackedReadsBack(key, stored, json.subarray(1))).toBe(false);
});

test("version 1 is the JSON itself, version 2 a mark and a frame", () => {
  expect(toHex(open(key, encodeUnpacked(key, newNonce(random), 1, json)))).toBe(toHex(json));
  const inner = open(key, encodeUnpacked(key, newNonce(random), 2, json));
  expect(inner[0]).toBe(2);
  expect(toHex(inner.subarray(1, 5))).toBe("28b52ffd"); // zstd's magic number
});

test("in version 2, too, plain JSON is legal, and so is nothing", () => {
  for (const plain of ["{}", "[]", ""])
    expect(Buffer.from(decodeUnpacked(key, seal(key, newNonce(random), Buffer.from(plain)))).toString()).toBe(plain);
});

test("other beginnings and broken frames are refused", () => {
  const frame = compress(json);
  const broken = [Buffer.from("x"), Buffer.of(1), Buffer.of(2), Buffer.concat([Buffer.of(2), frame.subarray(0, -3)])];
  for (const plain of broken) expect(() => decodeUnpacked(key, seal(key, newNonce(random), plain))).toThrow();
});
