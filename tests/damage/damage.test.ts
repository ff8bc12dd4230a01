import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { KiB } from "@holdfast/base";
import { seededRandom } from "@holdfast/testkit";
import { isLong, suiteSeed, tell } from "../model/suite.ts";
import { isReported, knownRepository, storageWith, type KnownRepository } from "./damaged-repository.ts";
import { FileJudge } from "./file-judge.ts";

const bytesWanted = 64 * KiB;
const counts = { flips: 0, truncations: 0, whole: 0 };
let known: KnownRepository;
let judge: FileJudge;

beforeAll(async () => {
  known = await knownRepository(suiteSeed, bytesWanted);
  judge = await FileJudge.of(known);
});

afterAll(() => {
  const { flips, truncations, whole } = counts;
  tell(
    `damage to a repository of ${known.bytes} bytes (seed ${suiteSeed}): ${flips} flipped bits and ${truncations} ` +
      `truncations noticed where they matter, ${whole} damages looked for with the whole program`,
  );
});

describe("whatever is damaged is noticed, and nothing damaged is returned", () => {
  test("the repository is as large as it should be, and sound as it is", async () => {
    expect(known.bytes).toBeGreaterThanOrEqual(bytesWanted);
    expect(await isReported(await storageWith(known), known.contents)).toBe(false);
  });

  test("every bit, flipped", async () => {
    for (const { file, bytes } of known.files) {
      for (let bit = 0; bit < bytes.byteLength * 8; bit += 1) {
        const flipped = bytes.slice();
        flipped[bit >> 3]! ^= 1 << (bit & 7);
        if (!(await judge.isNoticed(file, flipped))) expect.fail(`bit ${bit} of ${file.type} ${file.name}`);
        counts.flips += 1;
      }
    }
    expect(counts.flips).toBe(known.bytes * 8);
    expect(counts.flips).toBeGreaterThanOrEqual(bytesWanted * 8);
  });

  test("every truncation of every file", async () => {
    for (const { file, bytes } of known.files) {
      for (let length = 0; length < bytes.byteLength; length += 1) {
        if (!(await judge.isNoticed(file, bytes.subarray(0, length))))
          expect.fail(`${file.type} ${file.name} cut at ${length}`);
        counts.truncations += 1;
      }
    }
    expect(counts.truncations).toBe(known.bytes);
  });

  test("a sample of all that, zeroed sectors, missing and swapped files, by opening, checking and restoring", async () => {
    const random = seededRandom(`sample ${suiteSeed}`);
    const rounds = isLong ? 20_000 : 240;
    const kinds = ["flip", "cut", "zero", "garbage behind", "missing", "swapped"] as const;
    for (let round = 0; round < rounds; round += 1) {
      const { file, bytes } = known.files[random.below(known.files.length)]!;
      const kind = random.pick(kinds);
      const damaged = bytes.slice();
      const at = random.below(bytes.byteLength);
      if (kind === "flip") damaged[at]! ^= 1 << random.below(8);
      if (kind === "zero") damaged.fill(0, at, at + 512);
      const others = known.files.filter((other) => other.file.type === file.type && other.file.name !== file.name);
      if (kind === "swapped" && others.length === 0) continue;
      const changed = {
        flip: damaged,
        zero: damaged,
        cut: bytes.subarray(0, at),
        "garbage behind": Buffer.concat([bytes, random.bytes(1 + random.below(600))]),
        missing: undefined,
        swapped: others[random.below(others.length)]?.bytes,
      }[kind];
      if (changed !== undefined && Buffer.compare(changed, bytes) === 0) continue;
      const storage = await storageWith(known, { file, bytes: changed });
      if (!(await isReported(storage, known.contents)))
        expect.fail(`seed ${suiteSeed}, round ${round}: ${kind} of ${file.type} ${file.name} at ${at} goes unnoticed`);
      counts.whole += 1;
    }
  });
});
