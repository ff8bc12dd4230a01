import { seededRandom } from "@holdfast/testkit";
import { describe, expect, test } from "vitest";
import { idOf, type PackId } from "../id.ts";
import { choosePacks } from "./pack-subset.ts";

const packs: PackId[] = Array.from({ length: 400 }, (_, number) => idOf(Buffer.from(`pack ${number}`)));
const totalBytes = packs.length * 1000;

describe("choosing packs", () => {
  test("by parts takes each pack exactly once over all parts", () => {
    const random = seededRandom(1);
    const shares = [1, 2, 3, 4, 5].map((part) => choosePacks(packs, { part, parts: 5 }, totalBytes, random));
    expect(shares.flatMap((share) => [...share]).toSorted()).toEqual(packs.toSorted());
    expect(shares.every((share) => share.size > 40)).toBe(true);
  });

  test.each([
    [{ percent: 100 }, 400],
    [{ percent: 12.5 }, 50],
    [{ percent: 0.001 }, 1],
    [{ bytes: 100_000 }, 100],
    [{ bytes: 1 }, 1],
    [{ bytes: 10 * totalBytes }, 400],
  ])("by chance, %j is %d packs", (subset, count) => {
    expect(choosePacks(packs, subset, totalBytes, seededRandom(2)).size).toBe(count);
  });

  test("by chance takes every pack about equally often (seed 3)", () => {
    const random = seededRandom(3);
    const taken = new Map(packs.map((id) => [id, 0]));
    for (let round = 0; round < 200; round += 1)
      for (const id of choosePacks(packs, { percent: 50 }, totalBytes, random)) taken.set(id, taken.get(id)! + 1);
    const counts = [...taken.values()];
    expect(Math.min(...counts)).toBeGreaterThan(60);
    expect(Math.max(...counts)).toBeLessThan(140);
  });

  test("of no packs is no packs", () => {
    expect(choosePacks([], { percent: 50 }, 0, seededRandom(4)).size).toBe(0);
  });
});
