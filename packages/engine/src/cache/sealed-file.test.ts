import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MiB } from "@holdfast/base";
import { seededRandom, temporaryDirectory } from "@holdfast/testkit";
import { expect, test } from "vitest";
import { MasterKey } from "../crypto/master-key.ts";
import { SealedFileFault, SealedFileReader, writeSealedFile } from "./sealed-file.ts";

const random = seededRandom("sealed file");
const key = MasterKey.generate(random);
const sealing = { key, purpose: "test", random };

async function readAll(path: string, length: number, with_: { key: MasterKey; purpose: string } = sealing) {
  const reader = await SealedFileReader.open(path, with_);
  try {
    const bytes = await reader.read(length);
    reader.expectEnd();
    return bytes;
  } finally {
    await reader.close();
  }
}

test.each([1, MiB - 1, MiB, MiB + 1, 2 * MiB, 2 * MiB + 77])("%i bytes read back", async (length) => {
  const path = join(await temporaryDirectory(), "sealed");
  const plain = random.bytes(length);
  const pieces = [plain.subarray(0, length >> 2), new Uint8Array(0), plain.subarray(length >> 2)];
  await writeSealedFile(path, pieces, sealing);
  expect(Buffer.compare(await readAll(path, length), plain)).toBe(0);
  await expect(readAll(path, length + 1)).rejects.toThrow(SealedFileFault);
  if (length > 0) await expect(readAll(path, length - 1)).rejects.toThrow(SealedFileFault);
});

test("another key, another purpose, and a chunk from another place or file are refused", async () => {
  const folder = await temporaryDirectory();
  const [one, two] = [join(folder, "one"), join(folder, "two")];
  const plain = random.bytes(2 * MiB + 5);
  await writeSealedFile(one, [plain], sealing);
  await writeSealedFile(two, [plain], sealing);
  const read = (path: string, other: { key: MasterKey; purpose: string } = sealing) =>
    readAll(path, plain.byteLength, other);
  await expect(read(one, { key: MasterKey.generate(random), purpose: "test" })).rejects.toThrow(SealedFileFault);
  await expect(read(one, { key, purpose: "another" })).rejects.toThrow(SealedFileFault);
  const [bytes, others] = [await readFile(one), await readFile(two)];
  expect(bytes.equals(others)).toBe(false); // a key of its own for each file
  const [head, chunk] = [48, MiB + 16];
  const swapped = Buffer.concat([
    bytes.subarray(0, head),
    bytes.subarray(head + chunk, head + 2 * chunk),
    bytes.subarray(head, head + chunk),
    bytes.subarray(head + 2 * chunk),
  ]);
  const mixed = Buffer.concat([bytes.subarray(0, head + chunk), others.subarray(head + chunk)]);
  const shortened = bytes.subarray(0, head + 2 * chunk);
  const repeated = Buffer.concat([bytes, bytes.subarray(head + 2 * chunk)]);
  for (const wrong of [swapped, mixed, shortened, repeated]) {
    await writeFile(one, wrong);
    await expect(read(one)).rejects.toThrow(SealedFileFault);
  }
});
