import { expect, test } from "vitest";
import { seededRandom } from "./seeded-random.ts";

test("the same seed gives the same bytes however they are asked for, another seed gives others", () => {
  const [one, same, other] = [seededRandom(1), seededRandom(1), seededRandom(2)];
  const whole = one.bytes(100);
  expect([...same.bytes(30), ...same.bytes(70)]).toEqual([...whole]);
  expect(other.bytes(100)).not.toEqual(whole);
});

test("numbers stay below their limit and reach all of it", () => {
  const random = seededRandom("numbers");
  const seen = new Set(Array.from({ length: 500 }, () => random.below(7)));
  expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  expect(random.below(1)).toBe(0);
});
